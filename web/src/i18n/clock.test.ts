/** The promise: a day ends at the local midnight, be it 23, 24 or 25 hours long. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";

const zone = process.env.TZ;

beforeAll(() => {
  // The page's, as far as the clock asks for it.
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("document", { addEventListener: () => undefined });
  process.env.TZ = "Europe/Berlin";
});
afterAll(() => {
  process.env.TZ = zone;
  vi.unstubAllGlobals();
});

const HOUR = 3_600_000;

test.each([
  ["an ordinary day", "2026-06-10T12:00:00", 12],
  ["the day that has 23 hours, before they are changed", "2026-03-29T00:30:00", 22.5],
  ["the day that has 25 hours, before they are changed", "2026-10-25T00:30:00", 24.5],
  ["a moment before midnight", "2026-06-10T23:59:59", 1 / 3600],
])("%s", async (_, at, hours) => {
  const { midnight, untilMidnight } = await import("./clock.svelte");
  const now = new Date(at);
  expect(untilMidnight(now)).toBeCloseTo(hours * HOUR, 0);
  const next = new Date(now.getTime() + untilMidnight(now));
  expect([next.getHours(), next.getMinutes(), next.getDate()]).toEqual([0, 0, now.getDate() + 1]);
  expect(new Date(midnight(now)).getDate()).toBe(now.getDate());
});
