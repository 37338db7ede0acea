/** What messages look like, and what is sent of what was written: the table that the server's tests read too. */
import { expect, test } from "vitest";
import cases from "../../../tests/cases/text.json";
import { codesIn, replaced } from "./codes";
import { isEmojiOnly } from "./emoji-only";
import { folded } from "./mentions";
import { html, inOneLine, markdown, type Names } from "./reading";

interface Case {
  readonly text: string;
  readonly users: readonly string[];
  /** The nodes of the page, as HTML, without what every link has. */
  readonly rendered?: string;
  /** What is stored of what was written. */
  readonly sent?: string;
}

const all = cases as Case[];
const EMOJI: Record<string, string> = { tada: "🎉", smile: "😄", "100": "💯" };

function names(users: readonly string[]): Names {
  const person: Names["person"] = (name) => {
    const id = users.findIndex((user) => folded(user) === name);
    return id < 0 ? null : { id, name: users[id] ?? "", me: false };
  };
  return { person, room: () => null };
}

test.each(all.filter((each) => each.rendered !== undefined))("$text looks so", ({ text, users, rendered }) => {
  expect(markdown.render(text, { names: names(users) }).trimEnd()).toBe(rendered);
});

test.each(all.filter((each) => each.sent !== undefined))("$text is sent so", ({ text, sent }) => {
  expect(
    replaced(
      text,
      codesIn(text, (code) => EMOJI[code]),
    ),
  ).toBe(sent);
});

test.each([
  ["👍", true],
  ["🎉 🎉", true],
  ["👩‍👩‍👧🏳️‍🌈🇩🇪1️⃣", true],
  ["❤️", true],
  ["👍 yes", false],
  ["1", false],
  ["", false],
  ["👍".repeat(11), false],
])("%j is emoji alone: %j", (text, only) => {
  expect(isEmojiOnly(text)).toBe(only);
});

test.each([
  ["**bold** and `code`", "bold and code"],
  ["hi @bob\n> quoted\nmine", "hi @Robert quoted mine"],
  ["¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"],
  ["so ||he dies||", "so ▇▇ ▇▇▇▇"],
  ["[site](https://example.org) ![p](https://example.org/p)", "site p"],
])("%j in one line", (text, line) => {
  const person: Names["person"] = (name) => (name === "bob" ? { id: 1, name: "Robert", me: false } : null);
  expect(inOneLine(text, { person, room: () => null }, 200)).toBe(line);
});

test("a short text does not become a table of very many cells", () => {
  const text = "a|".repeat(200) + "\n" + "-|".repeat(200) + "\n" + "a\n".repeat(400);
  expect(html(text, names([]))).not.toContain("<td>");
  expect(html("a|b\n-|-\n1|2", names([]))).toContain("<td>1</td>");
});
