import { expect, test } from "vitest";
import { endOf } from "./status-end";

const NOW = new Date(2026, 2, 28, 23, 30);

test("a status ends after a time, at midnight, or a week of days later, whatever the clocks do", () => {
  expect(endOf("kept", NOW)).toBeUndefined();
  expect(endOf("never", NOW)).toBeNull();
  expect(endOf("half", NOW)).toBe(new Date(NOW.getTime() + 1_800_000).toISOString());
  expect(endOf("hour", NOW)).toBe(new Date(NOW.getTime() + 3_600_000).toISOString());
  expect(endOf("four", NOW)).toBe(new Date(NOW.getTime() + 14_400_000).toISOString());
  expect(endOf("today", NOW)).toBe(new Date(2026, 2, 29).toISOString());
  expect(endOf("week", NOW)).toBe(new Date(2026, 3, 4).toISOString());
});
