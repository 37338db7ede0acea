import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accentTokens } from "./accent";
import { colour, contrast, plain, SHAPES, TEXT, THEMES } from "./grounds";

const HOSTILE = ["#ffff00", "#000000", "#ffffff", "#ff0000", "#0000ff", "#00ff00", "#808080", "#777777", "#fffffe"];
const any = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.integer({ min: 0, max: 0xffffff }).map((number) => `#${number.toString(16).padStart(6, "0")}`),
);

/** The values of a token in the light and the dark theme. */
function both(tokens: ReadonlyMap<string, string>, name: string): readonly string[] | undefined {
  return /light-dark\((#[0-9a-f]{6})\w*, (#[0-9a-f]{6})\w*\)/.exec(tokens.get(`--${name}`) ?? "")?.slice(1);
}

describe.each([
  ["light", THEMES.light],
  ["dark", THEMES.dark],
] as const)("%s", (_, theme) => {
  it.each([
    ["text is read: 4.5 to 1", TEXT, 4.5],
    ["shapes are seen: 3 to 1", SHAPES, 3],
  ] as const)("whichever accent is chosen, %s", (_, pairs, least) => {
    fc.assert(
      fc.property(any, (accent) => {
        const tokens = accentTokens(accent) ?? new Map<string, string>();
        const shown = (name: string): string => both(tokens, name)?.[theme[1]] ?? colour(name, theme);
        for (const [name, grounds] of Object.entries(pairs))
          for (const ground of grounds.split(" "))
            if (tokens.has(`--${name}`) || tokens.has(`--${ground}`))
              expect(contrast(shown(name), shown(ground)), `${accent}: ${name} on ${ground}`).toBeGreaterThanOrEqual(
                least,
              );
      }),
      { numRuns: 500 },
    );
  });
});

it("gives each token of the accent a colour, and no other", () => {
  const lagoon = [...plain.keys()].filter((name) => /lagoon|active/.test(name)).map((name) => `--${name}`);
  expect([...(accentTokens("#7a3cc8") ?? new Map<string, string>()).keys()].sort()).toEqual(
    [...lagoon, "--glow"].sort(),
  );
});

it("keeps a colour that is read as it is", () => {
  expect(both(accentTokens("#7a3cc8") ?? new Map<string, string>(), "lagoon")?.[0]).toBe("#7a3cc8");
});

it.each(["red", "#12345", "#1234567", "#123456;color:red", "", "url(x)"])("takes no %j", (text) => {
  expect(accentTokens(text)).toBeNull();
});
