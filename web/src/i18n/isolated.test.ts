import { expect, test } from "vitest";
import { isolated } from "./isolated";

test("a name from right to left stands by itself in a sentence; others stay as they are", () => {
  expect(isolated("חיה")).toBe("\u2068חיה\u2069");
  expect(isolated("ليلى حداد")).toBe("\u2068ليلى حداد\u2069");
  for (const name of ["Ana", "梅", "Ольга", "🦊"]) expect(isolated(name)).toBe(name);
});
