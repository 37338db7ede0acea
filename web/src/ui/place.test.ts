import fc from "fast-check";
import { expect, it } from "vitest";
import { place } from "./place";

const PAGE = { width: 1000, height: 600 };
const box = (left: number, top: number, width = 100, height = 40) => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});

it("stands below its anchor, at the side where text begins", () => {
  expect(place(box(200, 100), { width: 200, height: 300 }, PAGE, {})).toEqual({ left: 200, top: 144 });
  expect(place(box(200, 100), { width: 200, height: 300 }, PAGE, {}, true)).toEqual({ left: 100, top: 144 });
  expect(place(box(200, 100), { width: 200, height: 300 }, PAGE, { align: "end" })).toEqual({ left: 100, top: 144 });
  expect(place(box(200, 100), { width: 50, height: 30 }, PAGE, { align: "center", side: "above" })).toEqual({
    left: 225,
    top: 66,
  });
});

it("goes to the other side where it does not fit", () => {
  expect(place(box(200, 500), { width: 200, height: 300 }, PAGE, {}).top).toBe(196);
  expect(place(box(200, 10), { width: 200, height: 300 }, PAGE, { side: "above" }).top).toBe(54);
});

it("is never outside of the page if the page can hold it", () => {
  const at = fc.integer({ min: -50, max: 1050 });
  const size = fc.record({ width: fc.integer({ min: 1, max: 980 }), height: fc.integer({ min: 1, max: 580 }) });
  const wish = fc.record({
    side: fc.constantFrom("below" as const, "above" as const),
    align: fc.constantFrom("start" as const, "center" as const, "end" as const),
  });
  fc.assert(
    fc.property(at, at, size, wish, fc.boolean(), (left, top, of, wished, rightToLeft) => {
      const found = place(box(left, top), of, PAGE, wished, rightToLeft);
      expect(found.left).toBeGreaterThanOrEqual(8);
      expect(found.top).toBeGreaterThanOrEqual(8);
      expect(found.left + of.width).toBeLessThanOrEqual(PAGE.width - 8);
      expect(found.top + of.height).toBeLessThanOrEqual(PAGE.height - 8);
    }),
  );
});
