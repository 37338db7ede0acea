/**
 * The tokens of an accent colour: those of `tokens.css` named for the lagoon, in another colour. Any colour can be chosen:
 * its hue stays, its lightness is moved to where text on it, and it as text, can be read on every ground.
 *
 * Lightness is relative luminance, as in the contrast of WCAG 2: the bounds below follow from the grounds in `tokens.css`,
 * and `accent.test.ts` computes the contrast of each pair for any colour. High contrast and forced colours keep their own.
 */

/** Linear light: red, green, blue from 0 to 1. */
type Light = readonly [number, number, number];

const COLOUR = /^#[0-9a-f]{6}$/i;
const WHITE: Light = [1, 1, 1];

/** The tokens with their values, for a style; null if this is no colour. */
export function accentTokens(accent: string): ReadonlyMap<string, string> | null {
  if (!COLOUR.test(accent)) return null;
  const chosen = lightOf(accent);
  const dim = atMost(chosen, 0.172);
  const bright = atLeast(chosen, 0.3);
  const tokens: Record<string, readonly [Light, Light]> = {
    lagoon: [dim, bright],
    "lagoon-press": [scaled(dim, luminance(dim) * 0.7), atLeast(bright, luminance(bright) * 0.75 + 0.25)],
    "on-lagoon": [WHITE, scaled(bright, 0.012)],
    "lagoon-text": [atMost(chosen, 0.135), atLeast(chosen, 0.43)],
    "lagoon-wash": [mixed(WHITE, atLeast(atMost(chosen, 0.45), 0.45), 0.25), scaled(bright, 0.032)],
    "lagoon-edge": [atMost(chosen, 0.23), atLeast(chosen, 0.26)],
    active: [dim, scaled(bright, 0.075)],
    "on-active": [WHITE, WHITE],
  };
  const found = Object.entries(tokens).map(([name, [light, dark]]) => [
    `--${name}`,
    `light-dark(${hexOf(light)}, ${hexOf(dark)})`,
  ]);
  const glow = `light-dark(${hexOf(dim)}38, ${hexOf(bright)}47)`;
  return new Map([...found, ["--glow", glow]] as [string, string][]);
}

let sheet: CSSStyleSheet | undefined;

/** Colour the page. Null: as `tokens.css` says. */
export function paintAccent(accent: string | null): void {
  const tokens = accent === null ? null : accentTokens(accent);
  if (tokens === null && sheet === undefined) return;
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  const declarations = [...(tokens ?? [])].map(([name, value]) => `${name}: ${value};`).join(" ");
  // As specific as the plain tokens, which it follows; those of high contrast and of forced colours win.
  sheet.replaceSync(`:root:where(:not([data-contrast="more"])) { ${declarations} }`);
}

function lightOf(hex: string): Light {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return [red, green, blue];
}

function hexOf(light: Light): string {
  const parts = light.map((part) => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055));
  return `#${parts
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

function luminance([red, green, blue]: Light): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixed(one: Light, other: Light, share: number): Light {
  return [0, 1, 2].map((at) => (one[at] ?? 0) * (1 - share) + (other[at] ?? 0) * share) as unknown as Light;
}

/** The colour with less light. */
function scaled(light: Light, wanted: number): Light {
  return luminance(light) <= wanted ? light : mixed([0, 0, 0], light, wanted / luminance(light));
}

const atMost = scaled;

/** The colour with so much white that it is as light as this, if it is darker. */
function atLeast(light: Light, wanted: number): Light {
  const has = luminance(light);
  return has >= wanted ? light : mixed(light, WHITE, (wanted - has) / (1 - has));
}
