import { expect, test } from "vitest";
import { Texts } from "./texts";

function made(): Texts {
  const texts = new Texts();
  texts.add("en", {
    hello: "Hello {{name}}",
    left_one: "{{count}} letter",
    left_other: "{{count}} letters",
    only: "only",
  });
  texts.add("de", { hello: "Hallo {{name}}" });
  return texts;
}

test("values are put in as they are", () => {
  expect(made().find("de", "hello", { name: "<b>$&</b>" })).toBe("Hallo <b>$&</b>");
});

test.each([
  [0, "0 letters"],
  [1, "1 letter"],
  [2, "2 letters"],
])("%i is counted as the language does", (count, text) => {
  expect(made().find("en", "left", { count })).toBe(text);
});

test("what a language does not have is said in English, a text without plurals as it is", () => {
  expect(made().find("de", "left", { count: 1 })).toBe("1 letter");
  expect(made().find("de", "only", { count: 3 })).toBe("only");
  expect(made().find("de", "nothing")).toBeUndefined();
});

test("texts that come later stand beside the others", () => {
  const texts = made();
  texts.add("en", { later: "later" });
  expect([texts.find("en", "only"), texts.find("en", "later")]).toEqual(["only", "later"]);
});
