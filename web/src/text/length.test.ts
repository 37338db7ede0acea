import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoints, directionOf } from "./length";

test("code points are counted as the server counts them, halves of pairs too", () => {
  const letters = fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00", "中", "🇩🇪");
  fc.assert(
    fc.property(fc.array(letters), (parts) => {
      const text = parts.join("");
      expect(codePoints(text)).toBe(Array.from(text).length);
    }),
  );
});

test("the direction is that of the first letter", () => {
  expect(["hello", "", "123 שלום", "🎉 مرحبا", "a שלום", "中文", "𐤀"].map(directionOf)).toEqual([
    "ltr", "ltr", "rtl", "rtl", "ltr", "ltr", "rtl",
  ]); // prettier-ignore
});
