/** The promise: however one scrolls and whatever comes, all that the room shows of a stretch is held, and not much. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message, Page } from "../../api/shapes";
import { known } from "./room";
import { RoomStore } from "./room-store.svelte";
import {
  advanced,
  fitted,
  keeps,
  MORE,
  MOST,
  opened,
  openedAtEnd,
  shortened,
  withNewer,
  withOlder,
  type Window,
} from "./window";

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

/** A message of the room, or a reply that is shown in the thread of the first one only. */
function sent(seq: number, apart: boolean): Message {
  return apart ? { ...message(seq), thread: { root: 1 } } : message(seq);
}

function page(first: number, last: number): Page {
  const found = Array.from({ length: Math.max(0, last - first + 1) }, (_, number) => message(first + number));
  return { messages: found, has_more: false };
}

function room(seq: number): RoomStore {
  return new RoomStore(known({ id: 1, kind: "public", seq, version: seq + 1, member_count: 2, created_at: AT }));
}

test("scrolled about in a room that grows, a window has all that the room shows and stays small", () => {
  const step = fc.constantFrom("older", "newer", "post", "jump", "end");
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 0, maxLength: 1500 }),
      fc.array(fc.tuple(step, fc.nat()), { maxLength: 60 }),
      (apart, steps) => {
        // As the server has them: the first message is one of the room.
        const all = [false, ...apart].map((is, at) => sent(at + 1, is));
        const shown = (): Message[] => all.filter(({ thread }) => thread === undefined);
        const some = (found: readonly Message[], newest: boolean): Page => ({
          messages: newest ? found.slice(-PAGE) : found.slice(0, PAGE),
          has_more: found.length > PAGE,
        });
        const store = room(all.length);
        const wants = (seq: number, other: Message | null): boolean =>
          other?.thread === undefined && keeps(window, seq);
        const view = store.view({ wants });
        const seqs = (): number[] =>
          store.inRoom(window.from, window.live ? Infinity : window.to).map(({ seq }) => seq);
        const put = (found: Page): Page => {
          store.putPage(found, view);
          return found;
        };
        let window: Window = { from: 1, to: 0, live: false };
        window = openedAtEnd(put(some(shown(), true)), all.length);
        for (const [what, number] of steps) {
          if (what === "older" && window.from > 1) {
            const { from } = window;
            const before = shown().filter(({ seq }) => seq < from);
            window = withOlder(window, put(some(before, true)));
            window = fitted(window, seqs(), "new");
          } else if (what === "newer" && !window.live) {
            const { to } = window;
            const after = shown().filter(({ seq }) => seq > to);
            window = withNewer(window, put(some(after, false)), all.length);
            window = fitted(window, seqs(), "old");
          } else if (what === "post") {
            const fresh = sent(all.length + 1, number % 3 === 0);
            all.push(fresh);
            store.apply({ type: "message", ...fresh });
            window = advanced(window, (seq) => store.isAt(seq));
            window = shortened(window, seqs());
          } else if (what === "jump") {
            const around = (number % all.length) + 1;
            const before = shown().filter(({ seq }) => seq < around);
            const after = shown().filter(({ seq }) => seq >= around);
            const found = [...before.slice(-PAGE / 2), ...after.slice(0, PAGE / 2)];
            window = opened(put({ messages: found, has_more: true }), all.length);
          } else if (what === "end") window = openedAtEnd(put(some(shown(), true)), all.length);
          view.sweep((seq) => keeps(window, seq));
          store.trim(window);
          const wanted = shown().filter(({ seq }) => seq >= window.from && seq <= window.to);
          expect(seqs()).toEqual(wanted.map(({ seq }) => seq));
          expect(view.size).toBe(wanted.length);
          expect(wanted.length).toBeLessThanOrEqual(MOST + MORE);
          if (window.live) expect(window.to).toBe(all.length);
        }
      },
    ),
  );
});

test("what came ahead of a gap waits until the gap is filled", () => {
  const store = room(2);
  let window: Window = { from: 1, to: 2, live: true };
  const view = store.view({ wants: (seq) => keeps(window, seq) });
  const isHeld = (seq: number): boolean => store.isAt(seq);
  store.putPage(page(1, 2), view);
  store.apply({ type: "message", ...message(4) });
  window = advanced(window, isHeld);
  expect(window.to).toBe(2);
  view.sweep((seq) => keeps(window, seq));
  store.apply({ type: "message", ...message(3) });
  expect(advanced(window, isHeld).to).toBe(4);
});
