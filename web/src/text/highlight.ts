/** Code in colours. The library is fetched when there is first some code to colour. */
import { purified } from "./markdown";

/** Past this it stays plain: colouring is not worth keeping the page from answering. */
const LONGEST = 8_000;

export async function highlight(code: Element): Promise<void> {
  const language = /(?:^|\s)language-([\w+#-]+)/.exec(code.className)?.[1];
  const text = code.textContent;
  if (language === undefined || text.length > LONGEST) return;
  const { default: library } = await import("highlight.js/lib/common");
  if (library.getLanguage(language) === undefined) return;
  code.replaceChildren(purified(library.highlight(text, { language, ignoreIllegals: true }).value));
}
