/** For the tests of colours: which text stands on which ground, what `tokens.css` says, and the contrast of two colours. */
import { readFileSync } from "node:fs";

/** Which text stands on which ground, in the components. */
export const TEXT: Readonly<Record<string, string>> = {
  ink: "desk desk-hover desk-press sheet sheet-2 sheet-hover raised raised-hover quiet marigold-mark marigold-wash coral-wash lagoon-wash fern-wash",
  "ink-2":
    "desk desk-hover desk-press sheet sheet-2 sheet-hover raised raised-hover quiet quiet-hover lagoon-wash marigold-wash coral-wash fern-wash",
  "ink-3": "desk sheet sheet-2 sheet-hover raised quiet marigold-wash coral-wash",
  "on-lagoon": "lagoon lagoon-press",
  "lagoon-text": "desk sheet sheet-2 raised lagoon-wash coral-wash",
  "on-active": "active",
  "on-coral": "coral",
  "coral-text": "desk sheet sheet-2 raised coral-wash",
  "marigold-text": "sheet marigold-wash",
  "fern-text": "sheet raised fern-wash",
  "on-alarm": "alarm alarm-press",
  "alarm-text": "desk sheet sheet-2 raised raised-hover",
  "on-toast": "toast",
  "on-toast-act": "toast",
  "code-word": "sheet-2 desk",
  "code-name": "sheet-2 desk",
  "code-text": "sheet-2 desk",
  "code-note": "sheet-2 desk",
};
/** Shapes that say something, and edges of controls. */
export const SHAPES: Readonly<Record<string, string>> = {
  "line-control": "desk sheet sheet-2 raised",
  lagoon: "desk sheet raised quiet",
  "lagoon-edge": "lagoon-wash sheet",
  coral: "desk sheet raised",
  fern: "desk sheet raised",
  dusk: "desk sheet raised",
  alarm: "sheet raised",
  "ink-3": "desk sheet raised",
};

export const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf-8");
export const THEMES = {
  light: ["", 0],
  dark: ["", 1],
  "high contrast": ["more", 0],
  "high contrast, dark": ["more", 1],
} as const;
export type Theme = (typeof THEMES)[keyof typeof THEMES];

/** The colours that a block gives names to: a light and a dark one each. */
function colours(block: string): Map<string, readonly [string, string]> {
  const found = block.matchAll(/--([\w-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g);
  return new Map(
    [...found].map(([, name = "", light, dark, both]) => [name, [light ?? both ?? "", dark ?? both ?? ""]]),
  );
}

export const plain = colours(css.slice(0, css.indexOf('[data-contrast="more"]')));
export const more = colours(css.slice(css.indexOf('[data-contrast="more"]'), css.indexOf("forced-colors")));

export function colour(name: string, [contrast, scheme]: Theme): string {
  const found = (contrast === "" ? undefined : more.get(name)) ?? plain.get(name);
  if (found === undefined) throw new Error(`There is no colour --${name}.`);
  return found[scheme];
}

/** WCAG 2.2, "relative luminance". */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
