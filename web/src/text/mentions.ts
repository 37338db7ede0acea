/**
 * What `@name` in a message may call, by the grammar in docs/protocol.md, "Mentions". The server decides who is called; this
 * shows it, and knows where a name can begin. Both are tested with the table in tests/cases/text.json.
 */

/** Scripts that put no blank between words, or hang particles on a name: as the server has them. */
const WITHOUT_BLANKS =
  /^(?=[\p{L}\p{M}])[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\u{1b000}-\u{1b16f}\u{20000}-\u{3ffff}]$/u;
/** What an emoji may end in: how it is to be shown, and the frame of a key. */
const OF_EMOJI = /[\ufe0e\ufe0f\u20e3]/u;
const NOT_BEFORE = /[_.\-+/@＠&=%~#\\]$/u;
const LETTER = /[\p{L}\p{M}\p{N}]$/u;
const OF_A_NAME = /^[\p{L}\p{M}\p{Nd}._-]/u;
const NAME = /[\p{L}\p{M}\p{Nd}._-]*/uy;
/** What is not seen: the server's list, by the property that it is made from. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u{13441}\u{13442}\u{16fe4}]/gu;
const BEHIND = /[._\-\p{Default_Ignorable_Code_Point}\u{13441}\u{13442}\u{16fe4}]+$/u;
const MARK = /^\p{M}/u;
const PUNCTUATION = /^[._-]*$/;
const ADDRESS = /:\/\/|www\.|[\p{L}\p{N}_-]\.[\p{L}\p{N}_-]+(?::\d+)?[/?#]/iu;
const LONGEST_NAME = 60;
const LONGEST_ADDRESS = 2048;
/** What stands for code and links in the text as it is shown. */
export const GAP = "\ufffc";
const BLANKS = ` \n\t${GAP}`;

/** A name in the form names are compared in. */
export function folded(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** Whether it is a letter of a script that puts no blank between words. */
export function isWithoutBlanks(character: string): boolean {
  return WITHOUT_BLANKS.test(character);
}

/** Whether a sign at this place of a text can begin a mention. */
export function mayBegin(shown: string, sign: number): boolean {
  const before = Array.from(shown.slice(Math.max(0, sign - 2), sign)).at(-1);
  if (before === undefined || OF_EMOJI.test(before)) return true;
  if (NOT_BEFORE.test(before) || (LETTER.test(before) && !WITHOUT_BLANKS.test(before))) return false;
  let from = sign;
  while (from > Math.max(0, sign - LONGEST_ADDRESS) && !BLANKS.includes(shown[from - 1] ?? " ")) from -= 1;
  return !ADDRESS.test(shown.slice(from, sign));
}

export interface Written {
  /** The name as it is compared. */
  readonly name: string;
  /** Where what was written of it ends. */
  readonly end: number;
}

/** The names that the text behind a sign may be, the one to be tried first first; nothing of them is beyond `end`. */
export function meant(shown: string, sign: number, end: number): Written[] {
  if (!mayBegin(shown, sign)) return [];
  const first = sign + 1;
  NAME.lastIndex = first;
  const run = Array.from(NAME.exec(shown)?.[0] ?? "").slice(0, LONGEST_NAME);
  const last = first + run.join("").length;
  const after = shown.slice(last);
  if (/^[@＠]/.test(after) || (after.startsWith("/") && OF_A_NAME.test(after.slice(1)))) return [];
  const names: Written[] = [];
  const behind: Written[] = [];
  for (let count = run.length; count > 0; count -= 1) {
    const written = run.slice(0, count).join("");
    const rest = run.slice(count);
    if (first + written.length > end || !mayEnd(run[count - 1] ?? "", rest)) continue;
    const bare = written.replace(BEHIND, "");
    const read = written.replace(INVISIBLE, "");
    if (bare !== "") names.push({ name: folded(bare.replace(INVISIBLE, "")), end: first + bare.length });
    if (/[._-]$/.test(read)) behind.push({ name: folded(read), end: first + written.length });
  }
  return [...names, ...behind];
}

function mayEnd(before: string, rest: readonly string[]): boolean {
  const next = rest[0];
  if (next === undefined || PUNCTUATION.test(rest.join(""))) return true;
  if (MARK.test(next)) return false;
  return WITHOUT_BLANKS.test(before) || WITHOUT_BLANKS.test(next);
}
