import { expect, test } from "vitest";
import { comingTime, fieldTime } from "./coming-time";

const NOW = new Date(2026, 5, 10, 12, 0);

test.each(["", "tomorrow", "2026-06-10T12:00", "2026-06-10T11:59", "0001-01-01T00:00"])(
  "%j is no time to come",
  (typed) => {
    expect(comingTime(typed, NOW.getTime())).toBeNull();
  },
);

test("a time is that of the device, and shown as it was typed", () => {
  const at = comingTime("2026-06-10T12:01", NOW.getTime());
  expect(at).toEqual(new Date(2026, 5, 10, 12, 1));
  expect(fieldTime(at ?? NOW)).toBe("2026-06-10T12:01");
});
