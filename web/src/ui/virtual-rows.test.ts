import fc from "fast-check";
import { expect, test } from "vitest";
import { inSight, stretch } from "./virtual-rows";

const view = fc.record({
  top: fc.integer({ min: 0, max: 300_000 }),
  height: fc.integer({ min: 0, max: 2_000 }),
  row: fc.constantFrom(38, 56),
  count: fc.integer({ min: 0, max: 6_000 }),
  held: fc.integer({ min: -1, max: 6_000 }),
});

test("every row in sight is drawn, in order and once; few others are; the one that is held always is", () => {
  fc.assert(
    fc.property(view, (given) => {
      const places = stretch(given);
      const { first, last } = inSight(given);
      for (let at = first; at <= Math.min(last, given.count - 1); at += 1) expect(places).toContain(at);
      expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
      expect(places.every((at) => at >= 0 && at < given.count)).toBe(true);
      expect(places.length).toBeLessThanOrEqual(given.height / given.row + 24);
      if (given.held >= 0 && given.held < given.count) expect(places).toContain(given.held);
    }),
  );
});
