import { expect, test } from "vitest";
import { timeOf } from "./reminder-times";

const wednesday = new Date(2026, 10, 25, 16, 40);

test.each([
  ["minutes", new Date(2026, 10, 25, 17, 0)],
  ["hour", new Date(2026, 10, 25, 17, 40)],
  ["hours", new Date(2026, 10, 25, 19, 40)],
  ["tomorrow", new Date(2026, 10, 26, 9, 0)],
  ["monday", new Date(2026, 10, 30, 9, 0)],
] as const)("%s, from a Wednesday", (choice, expected) => {
  expect(timeOf(choice, wednesday)).toEqual(expected);
});

test.each([
  [29, 30],
  [30, 37],
])("from day %i of November the next Monday is day %i", (day, expected) => {
  expect(timeOf("monday", new Date(2026, 10, day, 8))).toEqual(new Date(2026, 10, expected, 9));
});
