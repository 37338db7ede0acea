import { expect, test } from "vitest";
import type { Message } from "../../api/shapes";
import { done, failed, given, keyOf, next, shown, type Command, type Commands, type Given } from "./commands";

const MESSAGE: Message = {
  room: 1,
  seq: 2,
  version: 3,
  sender: { id: 7, username: "alice", display_name: "Alice" },
  content: "before",
  at: "2026-01-01T00:00:00.000Z",
  deleted: false,
  mentions: [],
  reactions: [{ emoji: "👍", users: [8] }],
};

let at = 0;
const command = (what: Given): Command => ({ ...what, key: keyOf(what), writtenAt: at++ });
const edit = (content: string, seq = 2): Command => command({ what: "edit", room: 1, seq, content });
const react = (on: boolean, emoji = "👍"): Command => command({ what: "react", room: 1, seq: 2, emoji, on });
const read = (seq: number): Command => command({ what: "read", room: 1, seq });
const all = (...commands: Command[]): Commands => commands.reduce<Commands>(given, []);

test("the last one about the same thing counts", () => {
  expect(all(edit("one"), react(true), edit("two")).map((one) => one.key)).toEqual(["react 1 2 👍", "edit 1 2"]);
  expect(all(react(true), react(false))).toHaveLength(1);
  expect(all(edit("one", 2), edit("two", 3))).toHaveLength(2);
  expect(all(react(true), react(true, "🎉"))).toHaveLength(2);
});

test("one has never read less far than one said", () => {
  expect(all(read(5), read(3))[0]?.seq).toBe(5);
  expect(all(read(3), read(5)).map((one) => one.seq)).toEqual([5]);
});

test("a message is shown as it will be", () => {
  expect(shown(MESSAGE, all(edit("after")), 7).content).toBe("after");
  expect(shown(MESSAGE, all(react(true)), 7).reactions).toEqual([{ emoji: "👍", users: [8, 7], count: 2 }]);
  expect(shown(MESSAGE, all(react(true, "🎉")), 7).reactions).toHaveLength(2);
  expect(shown(MESSAGE, all(react(false)), 8).reactions).toEqual([]);
  // What is so already, or about another message, changes nothing: not even the object, so that nothing is drawn anew.
  expect(shown(MESSAGE, all(edit("after", 9), read(9)), 7)).toBe(MESSAGE);
  expect(shown(MESSAGE, all(react(false)), 7).reactions).toBe(MESSAGE.reactions);
  const deleted = { ...MESSAGE, deleted: true };
  expect(shown(deleted, all(edit("after"), react(true)), 7)).toBe(deleted);
});

test("what is refused waits for its author, and holds up nothing", () => {
  const [first, second] = all(edit("after"), react(true));
  if (first?.what !== "edit" || second === undefined) throw new Error("not as given");
  const commands = failed([first, second], first, "no");
  expect(next(commands)).toBe(second);
  expect(shown(MESSAGE, done(commands, second), 7).content).toBe("before");
  // Written anew, it is tried again.
  expect(next(given(commands, edit("again")))).toBe(second);
  expect(given(commands, edit("again")).at(-1)).not.toHaveProperty("problem");
});

test("what was overridden while it was under way is not lost", () => {
  const before = edit("one");
  const commands = given([before], edit("two"));
  expect(done(commands, before)).toEqual(commands);
});
