// The emoji with their codes and words, as small as the picker needs them, from emojibase's data.
import compact from "emojibase-data/en/compact.json" with { type: "json" };
import german from "emojibase-data/de/compact.json" with { type: "json" };
import shortcodes from "emojibase-data/en/shortcodes/github.json" with { type: "json" };

const ID = "virtual:emoji";

/** Without U+FE0F where Unicode has none: behind what is coloured anyway. The server keeps reactions in this form. */
const qualified = (/** @type {string} */ emoji) => emoji.replace(/(\p{Emoji_Presentation})\ufe0f/gu, "$1");

export function rows() {
  /** @type {Record<string, string[]>} */
  const words = {};
  for (const { hexcode, label, tags } of german) words[hexcode] = [label, ...(tags ?? [])];
  return compact
    .filter(({ group, order }) => group !== undefined && order !== undefined && group !== 2)
    .sort((one, other) => (one.order ?? 0) - (other.order ?? 0))
    .map(({ unicode, group, hexcode, label, tags }) => {
      const codes = [shortcodes[hexcode] ?? label.toLowerCase().replace(/\W+/g, "_")].flat();
      const found = [label, ...(tags ?? []), ...(words[hexcode] ?? [])].join(" ").toLowerCase();
      return [qualified(unicode), group, codes.join(" "), [...new Set(found.split(/\s+/))].join(" ")];
    });
}

/** @returns {import("vite").Plugin} */
export function emoji() {
  return {
    name: "emoji",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load: (id) => (id === `\0${ID}` ? `export default ${JSON.stringify(rows())};` : undefined),
  };
}
