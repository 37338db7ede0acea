/** A message of a few emoji and nothing else is shown large. */
const ONE =
  "(?:\\p{Regional_Indicator}{2}|[0-9#*]\\ufe0f?\\u20e3|\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?" +
  "(?:\\u200d\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?)*[\\u{e0020}-\\u{e007f}]*)";
const ONLY = new RegExp(`^(?:${ONE}\\s*){1,10}$`, "u");

export function isEmojiOnly(text: string): boolean {
  return text.length < 200 && ONLY.test(text.trim());
}
