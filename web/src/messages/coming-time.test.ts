import { expect, test } from "vitest";
import { comingTime, fieldTime, nextHour } from "./coming-time";

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

test.each([
  ["2026-06-10T12:00", "2026-06-10T13:00"],
  ["2026-06-10T12:59", "2026-06-10T13:00"],
  ["2026-12-31T23:30", "2027-01-01T00:00"],
])("the next full hour after %s is %s", (now, next) => {
  expect(fieldTime(nextHour(new Date(now)))).toBe(next);
});
