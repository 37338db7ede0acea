import { codesIn, replaced, type Code } from "./codes";

/** The emoji there are: fetched when somebody first looks for one. */
export interface Emoji {
  readonly emoji: string;
  /** Number of its group, in the order of the picker. */
  readonly group: number;
  readonly codes: readonly string[];
  readonly words: string;
}

let loaded: Promise<readonly Emoji[]> | null = null;

export function allEmoji(): Promise<readonly Emoji[]> {
  if (loaded !== null) return loaded;
  loaded = import("virtual:emoji").then(({ default: rows }) =>
    rows.map(([emoji, group, codes, words]) => ({ emoji, group, codes: codes.split(" "), words })),
  );
  // What failed is asked for again the next time.
  loaded.catch(() => (loaded = null));
  return loaded;
}

/** Those that fit best what was typed, by code or by word. */
export async function matching(part: string, most: number): Promise<Emoji[]> {
  const wanted = part.toLowerCase();
  const rank = ({ codes, words }: Emoji): number => {
    if (codes.includes(wanted)) return 0;
    if (codes.some((code) => code.startsWith(wanted))) return 1;
    if (codes.some((code) => code.includes(wanted))) return 2;
    return words.includes(wanted) ? 3 : 9;
  };
  return (await allEmoji())
    .map((emoji) => ({ emoji, rank: rank(emoji) }))
    .filter((found) => found.rank < 9)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map((found) => found.emoji);
}

/** The text with every `:code:` that is one turned into its emoji. */
export async function withEmoji(text: string): Promise<string> {
  return MAYBE.test(text) ? replaced(text, await codes(text)) : text;
}

/** The code that ends with the text, as it is being written; not within what may become code. */
export async function lastCode(text: string): Promise<Code | null> {
  if (!text.endsWith(":") || !MAYBE.test(text) || (text.split("`").length - 1) % 2 === 1) return null;
  const last = (await codes(text)).at(-1);
  return last?.to === text.length ? last : null;
}

const MAYBE = /:[a-z0-9_+-]{2,40}:/;
let byCode: ReadonlyMap<string, string> | null = null;

async function codes(text: string): Promise<Code[]> {
  const known = await allEmoji().catch(() => []);
  byCode ??=
    known.length === 0 ? null : new Map(known.flatMap(({ emoji, codes }) => codes.map((code) => [code, emoji])));
  return codesIn(text, (code) => byCode?.get(code));
}
