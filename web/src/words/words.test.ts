/** Every language says all there is to say, with the same things put into it. */
import { expect, test } from "vitest";
import de from "./de.json";
import en from "./en.json";

const holes = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

test.each([["de", de]])("%s is complete", (_, words: Record<string, string>) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) expect(holes(words[key] ?? "").join(), key).toBe(holes(text).join());
});
