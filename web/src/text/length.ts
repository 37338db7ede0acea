/** What can be told of a text of a million letters between two keys. */

/** How many code points it has: so the server counts. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    const isPair = (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    if (isPair) {
      count -= 1;
      at += 1;
    }
  }
  return count;
}

/** Letters that are looked at for the direction. */
const BEGINNING = 1_000;
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The direction of its first letter, as `dir="auto"` takes it (HTML, section 3.2.6.4). */
export function directionOf(text: string): "ltr" | "rtl" {
  const first = /\p{L}/u.exec(text.slice(0, BEGINNING))?.[0] ?? "";
  return FROM_RIGHT.test(first) ? "rtl" : "ltr";
}
