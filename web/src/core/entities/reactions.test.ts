import { expect, test } from "vitest";
import type { Reaction } from "../../api/shapes";
import { countOf, withChange, withKnown } from "./reactions";

const FIRST = Array.from({ length: 20 }, (_, index) => index + 1);
const many = (count: number, more: Partial<Reaction> = {}): Reaction[] => [
  { emoji: "👍", users: FIRST, count, ...more },
];

test("a reaction beyond the named ones counts once, and is taken back once", () => {
  const added = withChange(many(30), { emoji: "👍", user: 99, op: "add" });
  expect(added.map((reaction) => [countOf(reaction), reaction.users.at(-1)])).toEqual([[31, 99]]);
  expect(withChange(added, { emoji: "👍", user: 99, op: "add" })).toBe(added);
  expect(withChange(added, { emoji: "👍", user: 99, op: "remove" })).toEqual(many(30));
});

test("somebody who is not named takes theirs back", () => {
  expect(withChange(many(30), { emoji: "👍", user: 99, op: "remove" })).toEqual(many(29));
  expect(withChange(many(20), { emoji: "👍", user: 99, op: "remove" })).toEqual(many(20));
});

test("the last one takes the emoji with them; an emoji is added after the others", () => {
  const one: Reaction[] = [{ emoji: "🎉", users: [4], count: 1 }];
  expect(withChange(one, { emoji: "🎉", user: 4, op: "remove" })).toEqual([]);
  expect(withChange(one, { emoji: "👍", user: 4, op: "add" }).map(({ emoji }) => emoji)).toEqual(["🎉", "👍"]);
  expect(withChange(one, { emoji: "👍", user: 4, op: "remove" })).toBe(one);
});

test("an event for everybody does not take away that one reacted; an answer to oneself does", () => {
  const known = withChange(many(30), { emoji: "👍", user: 99, op: "add" });
  expect(withKnown(many(31), known).map(({ users }) => users.at(-1))).toEqual([99]);
  expect(withKnown(many(30, { mine: false }), known)).toEqual(many(30, { mine: false }));
  expect(withKnown(many(20), known)).toEqual(many(20));
});
