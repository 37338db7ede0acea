/** Code in colours. The library is fetched when there is first some code to colour. */
import { purified } from "./markdown";

/** Past this it stays plain: colouring is not worth keeping the page from answering. */
const LONGEST = 8_000;

export async function highlight(code: Element): Promise<void> {
  const language = /(?:^|\s)language-([\w+#-]+)/.exec(code.className)?.[1];
  const text = code.textContent;
  if (language === undefined || text.length > LONGEST) return;
  // Without a network it stays plain.
  const library = await import("highlight.js/lib/common").then((all) => all.default).catch(() => null);
  if (library === null || library.getLanguage(language) === undefined) return;
  code.replaceChildren(purified(library.highlight(text, { language, ignoreIllegals: true }).value));
}
