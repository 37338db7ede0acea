/** Where what happened stands between what was said. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message, Notice } from "../api/shapes";
import { TimelineRows, type Line } from "./timeline-rows";
import { known } from "../core/entities/room";
import { RoomStore } from "../core/entities/room-store.svelte";
import { trimmed, type Window } from "../core/entities/window";

const alice = { id: 1, username: "alice", display_name: "Alice" };

function message(seq: number, at = "2026-01-31T12:00:00.000Z"): Message {
  return {
    room: 1,
    seq,
    version: 100 + seq,
    sender: alice,
    content: "x",
    at,
    deleted: false,
    mentions: [],
    reactions: [],
  };
}

function notice(version: number, after_seq: number, at = "2026-01-31T12:00:00.000Z"): Notice {
  return { room: 1, version, after_seq, at, kind: "joined", actor: alice };
}

function room(messages: readonly Message[], notices: readonly Notice[]): RoomStore {
  const created_at = "2026-01-01T00:00:00.000Z";
  const store = new RoomStore(known({ id: 1, kind: "public", seq: 9, version: 1, member_count: 1, created_at }));
  put(store, messages, notices);
  return store;
}

function put(store: RoomStore, messages: readonly Message[], notices: readonly Notice[]): void {
  const page = { messages: [...messages], notices: [...notices], has_more: false };
  store.putPage(page, store.view({ wants: () => true }));
}

function lines(...given: Parameters<TimelineRows["draw"]>): readonly Line[] {
  return new TimelineRows().draw(...given);
}

const all: Window = { from: 1, to: 3, live: true };

function drawn(found: readonly Line[]): string[] {
  return found.map((line) => {
    if (line.kind === "notices") return `notices ${line.notices.map(({ version }) => version).join()}`;
    return line.kind === "message" ? `message ${line.key}${line.follows ? " follows" : ""}` : line.kind;
  });
}

test("they stand behind the message that was the last, in their order, whichever came first", () => {
  const state = room([message(1), message(2), message(3)], [notice(9, 2), notice(4, 0), notice(7, 2)]);
  const expected = ["day", "notices 4", "message 1", "message 2 follows", "notices 7", "notices 9", "message 3"];
  expect(drawn(lines(state, all, null))).toEqual(expected);
});

test("more than three in a row are one line, day by day", () => {
  const many = [1, 2, 3, 4].map((version) => notice(version, 1));
  const later = [5, 6].map((version) => notice(version, 1, "2026-02-03T12:00:00.000Z"));
  const found = lines(room([message(1)], [...many, ...later]), { ...all, to: 1 }, null);
  expect(drawn(found)).toEqual(["day", "message 1", "notices 1,2,3,4", "day", "notices 5", "notices 6"]);
});

test("the line of what is new stands behind what happened before it", () => {
  const found = lines(room([message(1), message(2)], [notice(4, 1)]), { ...all, to: 2 }, 2);
  expect(drawn(found)).toEqual(["day", "message 1", "notices 4", "new", "message 2"]);
});

test("a room in which nothing was said yet shows what happened", () => {
  expect(drawn(lines(room([], [notice(2, 0)]), { from: 1, to: 0, live: true }, null))).toEqual(["day", "notices 2"]);
});

test("what is drawn stays what it is when something else comes", () => {
  const state = room([message(1), message(2)], [notice(4, 1)]);
  const rows = new TimelineRows();
  const before = rows.draw(state, { ...all, to: 2 }, null);
  put(state, [message(3)], [notice(8, 3), notice(4, 1)]);
  const after = rows.draw(state, all, null);
  expect(after.slice(0, before.length)).toEqual(before);
  after.slice(0, before.length).forEach((line, at) => expect(line).toBe(before[at]));
});

test("with the messages that are let go goes what happened behind them", () => {
  const { state } = room([message(1), message(2), message(3)], [notice(4, 0), notice(5, 1), notice(6, 3)]);
  const kept = trimmed(state, { from: 2, to: 3, live: false });
  expect([...kept.notices.keys()]).toEqual([6]);
  expect([...trimmed(state, { from: 1, to: 2, live: false }).notices.keys()]).toEqual([4, 5]);
  expect(trimmed(state, all)).toBe(state);
  expect(trimmed(state, null).notices.size).toBe(0);
});

test("lines have days, the beginning of what is new, and names once for what was said together", () => {
  const day = (number: number, minute: number): string => new Date(2026, 0, number, 12, minute).toISOString();
  const said = [
    message(1, day(1, 0)),
    message(2, day(1, 2)),
    message(3, day(1, 30)),
    message(4, day(2, 0)),
    message(5, day(2, 1)),
  ];
  const state = room(said, []);
  const shown = lines(state, { from: 1, to: 5, live: true }, 5);
  expect(
    shown.map((line) => (line.kind === "message" ? `${line.message.seq}${line.follows ? "+" : ""}` : line.kind)),
  ).toEqual(["day", "1", "2+", "3", "day", "4", "new", "5"]);
});

test("drawn again and again they are what they are when drawn once", () => {
  const step = fc.record({
    what: fc.constantFrom("say", "say", "say", "edit", "tell", "let go", "mark", "nothing"),
    at: fc.nat(30),
    minutes: fc.constantFrom(0, 4, 700),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const messages: Message[] = [];
      let notices = new Map<number, Notice>();
      let [from, newFrom, now]: [number, number | null, number] = [1, null, Date.UTC(2026, 0, 1)];
      const rows = new TimelineRows();
      for (const { what, at, minutes } of steps) {
        now += minutes * 60_000;
        const place = at % (messages.length + 1);
        const date = new Date(now).toISOString();
        if (what === "say") messages.push({ ...message(messages.length + 1, date), sender: { ...alice, id: at % 2 } });
        if (what === "edit" && messages[place] !== undefined) messages[place] = { ...messages[place], content: "y" };
        if (what === "tell")
          notices = new Map(notices).set(now + notices.size, notice(now + notices.size, place, date));
        if (what === "let go") from = Math.max(from, place);
        if (what === "mark") newFrom = newFrom === null ? place : null;
        const window = { from, to: messages.length, live: true };
        const inRoom = (first: number, to: number): Message[] =>
          messages.filter(({ seq }) => seq >= first && seq <= to);
        const again = rows.draw({ notices, inRoom }, window, newFrom);
        expect(again.map(unlessCut(from))).toEqual(lines({ notices, inRoom }, window, newFrom).map(unlessCut(from)));
      }
    }),
  );
});

/** A day is the same whatever time of it. What a message follows may have been let go: it stays as it was drawn. */
function unlessCut(from: number): (line: Line) => unknown {
  return (line) => {
    if (line.kind === "day") return line.key;
    return line.kind === "message" && from > 1 ? { ...line, follows: false } : line;
  };
}
