/** What is shown as a mention is what the server takes for one: the same table of cases. */
import { expect, test } from "vitest";
import cases from "../../../tests/cases/text.json";
import { folded, mayBegin } from "./mentions";
import { markdown, type Names } from "./reading";

interface Case {
  readonly text: string;
  readonly users: readonly string[];
  readonly called: readonly string[];
  readonly shown?: readonly string[];
  /** About how much the server reads: here it has said already who was called. */
  readonly bounded?: boolean;
}

function mentions({ text, users, called, bounded }: Case): { name: string; shown: string }[] {
  const known = bounded === true ? called : users;
  const names: Names = {
    person: (name) => {
      const id = known.findIndex((user) => folded(user) === name);
      return id < 0 ? null : { id, name: known[id] ?? "", me: false };
    },
    room: () => null,
  };
  const tokens = markdown.parse(text, { names }).flatMap(({ children }) => children ?? []);
  return tokens.flatMap((token, number) => {
    const id = token.attrGet("data-person");
    return id === null ? [] : [{ name: known[Number(id)] ?? "", shown: tokens[number + 1]?.content ?? "" }];
  });
}

test.each(cases as Case[])("$text", (each) => {
  const found = mentions(each);
  expect([...new Set(found.map(({ name }) => name))]).toEqual(each.called);
  if (each.shown !== undefined) expect(found.map(({ shown }) => folded(shown))).toEqual(each.shown.map(folded));
});

test.each([
  ["@", true],
  ["hi @", true],
  ["(@", true],
  ["你好@", true],
  ["こんにちは＠", true],
  ["mail@", false],
  ["привет@", false],
  ["https://example.org/!@", false],
  ["a.b@", false],
])("completion begins in %j: %j", (text, begins) => {
  expect(mayBegin(text, text.length - 1)).toBe(begins);
});
