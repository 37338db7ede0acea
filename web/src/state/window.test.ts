/** The promise: however one scrolls and whatever comes, the messages held are a stretch without a hole, and not many. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message, Page } from "../api/shapes";
import { lines } from "./lines";
import { applied, known, withPage, type RoomState } from "./room";
import { advanced, MORE, MOST, opened, shortened, trimmed, withNewer, withOlder, type Window } from "./window";

const AT = "2026-01-01T00:00:00.000Z";
const PAGE = 100;

function message(seq: number, at = AT): Message {
  const sender = { id: 1, username: "u", display_name: "U" };
  return {
    room: 1,
    seq,
    version: seq + 1,
    sender,
    content: `m${seq}`,
    at,
    deleted: false,
    mentions: [],
    reactions: [],
  };
}

function page(first: number, last: number): Page {
  const found = Array.from({ length: Math.max(0, last - first + 1) }, (_, number) => message(first + number));
  return { messages: found, has_more: false };
}

function room(seq: number): RoomState {
  return known({ id: 1, kind: "public", seq, version: seq + 1, member_count: 2, created_at: AT });
}

test("scrolled about in a room that grows, a window has no hole and stays small", () => {
  const step = fc.constantFrom("older", "newer", "post", "jump", "end");
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.array(fc.tuple(step, fc.nat()), { maxLength: 60 }),
      (many, steps) => {
        let last = many;
        let state = withPage(room(last), page(Math.max(1, last - PAGE + 1), last));
        let window: Window = { ...opened(page(Math.max(1, last - PAGE + 1), last), last), live: true };
        for (const [what, number] of steps) {
          if (what === "older" && window.from > 1) {
            const found = page(Math.max(1, window.from - PAGE), window.from - 1);
            state = withPage(state, found);
            window = withOlder(window, found);
          } else if (what === "newer" && !window.live) {
            const found = page(window.to + 1, Math.min(last, window.to + PAGE));
            state = withPage(state, found);
            window = withNewer(window, found, last);
          } else if (what === "post") {
            last += 1;
            state = applied(state, { type: "message", ...message(last) });
            window = shortened(advanced(window, state));
          } else if (what === "jump" || what === "end") {
            const around = what === "end" ? last : (number % last) + 1;
            const found = page(Math.max(1, around - 50), Math.min(last, around + 49));
            state = withPage(state, found);
            window = opened(found, last);
          }
          state = trimmed(state, window);
          expect(window.to - window.from).toBeLessThan(MOST + MORE);
          for (let seq = window.from; seq <= window.to; seq += 1) expect(state.messages.get(seq)?.shown).toBeTruthy();
          if (window.live) expect(window.to).toBe(last);
          expect(state.messages.size).toBe(window.to - window.from + 1);
        }
      },
    ),
  );
});

test("what came ahead of a gap waits until the gap is filled", () => {
  let state = withPage(room(2), page(1, 2));
  let window: Window = { from: 1, to: 2, live: true };
  state = applied(state, { type: "message", ...message(4) });
  window = advanced(window, state);
  expect(window.to).toBe(2);
  state = trimmed(state, window);
  state = applied(state, { type: "message", ...message(3) });
  expect(advanced(window, state).to).toBe(4);
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
  const state = withPage(room(5), { messages: said, has_more: false });
  const shown = lines(state, { from: 1, to: 5, live: true }, 5);
  expect(
    shown.map((line) => (line.kind === "message" ? `${line.message.seq}${line.follows ? "+" : ""}` : line.kind)),
  ).toEqual(["day", "1", "2+", "3", "day", "4", "new", "5"]);
});
