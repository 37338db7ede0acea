import { expect, test } from "vitest";
import { forwardedOf } from "./forwarded";

const author = { id: 1, username: "ann", display_name: "Ann" };
const whole = { text: "hello", author, at: "2026-01-31T12:00:00Z" };

test("a forwarded message has a text, an author and a time, and may have a comment", () => {
  expect(forwardedOf({ kind: "forward", extra: whole })).toEqual({ ...whole, comment: null });
  expect(forwardedOf({ kind: "forward", extra: { ...whole, comment: "look" } })?.comment).toBe("look");
});

test.each([
  ["text", whole],
  ["forward", null],
  ["forward", {}],
  ["forward", { ...whole, text: 1 }],
  ["forward", { ...whole, author: null }],
  ["forward", { ...whole, author: { id: "1" } }],
])("%s with %j is none", (kind, extra) => {
  expect(forwardedOf({ kind, extra })).toBeNull();
});
