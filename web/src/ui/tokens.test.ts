import { describe, expect, it } from "vitest";
import { colour, contrast, css, more, plain, SHAPES, TEXT, THEMES } from "./grounds";

describe.each(Object.entries(THEMES))("%s", (_, theme) => {
  const isHigh = theme[0] === "more";
  it.each(Object.entries(TEXT))(`has %s readable on its grounds: ${isHigh ? 7 : 4.5} to 1`, (text, grounds) => {
    for (const ground of grounds.split(" "))
      expect(contrast(colour(text, theme), colour(ground, theme)), `on ${ground}`).toBeGreaterThanOrEqual(
        isHigh ? 7 : 4.5,
      );
  });
  it.each(Object.entries(SHAPES))("has %s seen on its grounds: 3 to 1", (shape, grounds) => {
    for (const ground of grounds.split(" "))
      expect(contrast(colour(shape, theme), colour(ground, theme)), `on ${ground}`).toBeGreaterThanOrEqual(3);
  });
  it("gives avatars letters that can be read on either end", () => {
    for (const [, ...ends] of css.matchAll(/--face-\d: linear-gradient\(150deg, (#\w+), (#\w+)\)/g))
      for (const end of ends) expect(contrast("#ffffff", end)).toBeGreaterThanOrEqual(4.5);
  });
});

it("replaces every colour in high contrast", () => {
  const kept = [...plain.keys()].filter((name) => !more.has(name) && !/face/.test(name));
  expect(kept).toEqual([]);
});
