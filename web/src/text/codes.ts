/**
 * `:code:` for emoji, by the grammar in docs/protocol.md, "Mentions": between blanks, punctuation and letters of scripts without
 * blanks; never in addresses, times, words or any form of code.
 */
import { isWithoutBlanks, mayBegin } from "./mentions";
import { markdown } from "./reading";

export interface Code {
  readonly from: number;
  /** Behind the second colon. */
  readonly to: number;
  readonly emoji: string;
}

const CODE = /:([a-z0-9_+-]{2,40}):/g;
const NOT_BEHIND = /^[\p{L}\p{M}\p{N}_/@＠=\\]/u;
/** Characters nobody writes stand for codes while it is found out what is code and what is text. */
const FIRST = 0xf0000;
const MOST = 1_000;
const NOBODY = { person: () => null, room: () => null };

/** The codes in a text, from first to last. `emojiOf` knows those there are. */
export function codesIn(text: string, emojiOf: (code: string) => string | undefined): Code[] {
  const found: Code[] = [];
  CODE.lastIndex = 0;
  for (let match = CODE.exec(text); match !== null && found.length < MOST; match = CODE.exec(text)) {
    const [whole, code = ""] = match;
    const { index } = match;
    const emoji = emojiOf(code);
    if (emoji !== undefined && begins(text, index, found.at(-1)) && ends(text, index + whole.length))
      found.push({ from: index, to: index + whole.length, emoji });
    // Its second colon may be the first of the next.
    else CODE.lastIndex = index + whole.length - 1;
  }
  if (found.length === 0) return found;
  const marked = replaced(
    text,
    found.map((each, number) => ({ ...each, emoji: String.fromCodePoint(FIRST + number) })),
  );
  const shown = markdown
    .parse(marked, { names: NOBODY })
    .flatMap(({ children }) => children ?? [])
    .filter(({ type }) => type === "text")
    .map(({ content }) => content)
    .join("");
  return found.filter((_, number) => shown.includes(String.fromCodePoint(FIRST + number)));
}

export function replaced(text: string, codes: readonly Code[]): string {
  let at = 0;
  let result = "";
  for (const { from, to, emoji } of codes) {
    result += text.slice(at, from) + emoji;
    at = to;
  }
  return result + text.slice(at);
}

function begins(text: string, index: number, before: Code | undefined): boolean {
  if (before?.to === index) return true;
  return text[index - 1] !== ":" && mayBegin(text, index);
}

function ends(text: string, end: number): boolean {
  const after = Array.from(text.slice(end, end + 2))[0] ?? "";
  return !NOT_BEHIND.test(after) || isWithoutBlanks(after);
}
