/** Every language says all there is to say, with the same things put into it. */
import { expect, test } from "vitest";
import de from "./de.json";
import en from "./en.json";
import later from "./en.later.json";
import errorsDe from "./errors.de.json";
import errorsEn from "./errors.en.json";

const holes = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

type Words = Record<string, string>;

test.each<[string, Words, Words]>([
  ["de", { ...en, ...later }, de],
  ["errors in de", errorsEn, errorsDe],
])("%s is complete", (_, original, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(original).sort());
  for (const [key, text] of Object.entries(original))
    expect(holes(words[key] ?? "").join(), key).toBe(holes(text).join());
});
