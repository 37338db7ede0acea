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
  loaded ??= import("virtual:emoji").then(({ default: rows }) =>
    rows.map(([emoji, group, codes, words]) => ({ emoji, group, codes: codes.split(" "), words })),
  );
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

/** The text with every `:code:` outside of code turned into its emoji. */
export async function withEmoji(text: string): Promise<string> {
  if (!/:[a-z0-9_+-]{2,40}:/.test(text)) return text;
  const known = await allEmoji().catch(() => []);
  return text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, number) =>
      number % 2 === 1
        ? part
        : part.replace(
            /:([a-z0-9_+-]{2,40}):/g,
            (whole, code: string) => known.find(({ codes }) => codes.includes(code))?.emoji ?? whole,
          ),
    )
    .join("");
}

export async function byCode(code: string): Promise<string | null> {
  return (await allEmoji()).find(({ codes }) => codes.includes(code))?.emoji ?? null;
}
