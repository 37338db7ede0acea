/** The promise: a message lives as long as a view holds it, is one object in all of them, and changes alone. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "../../api/shapes";
import type { MessageView } from "./message-view";
import { known } from "./room";
import { RoomStore } from "./room-store.svelte";

const AT = "2026-01-01T00:00:00.000Z";
const sender = { id: 1, username: "alice", display_name: "Alice" };

function message(seq: number, version = seq + 1, more: Partial<Message> = {}): Message {
  const rest = { at: AT, deleted: false, mentions: [], reactions: [] };
  return { room: 1, seq, version, sender, content: `${seq} at ${version}`, ...rest, ...more };
}

function room(): RoomStore {
  return new RoomStore(known({ id: 1, kind: "public", seq: 0, version: 1, member_count: 2, created_at: AT }));
}

function between(store: RoomStore, from: number, to: number): MessageView {
  return store.view({ wants: (seq) => seq >= from && seq <= to });
}

describe("a room's messages", () => {
  test("are held by those views that want them, and no longer than the last of these", () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), fc.array(fc.nat(3)), (ranges, ends) => {
        const store = room();
        const views = ranges.map(([from, to]) => ({ from, to, view: between(store, from, to) }));
        for (let seq = 1; seq <= 12; seq += 1) store.apply({ type: "message", ...message(seq) });
        for (const number of ends) {
          const [ended] = views.splice(number, 1);
          if (ended !== undefined) store.endView(ended.view);
          for (let seq = 1; seq <= 12; seq += 1) {
            const wanted = views.filter(({ from, to }) => seq >= from && seq <= to).length;
            expect(store.shown(seq) !== null).toBe(wanted > 0);
          }
        }
      }),
    );
  });

  test("are one and the same in the window and in a thread beside it", () => {
    const store = room();
    between(store, 1, 3);
    const thread = store.view({ wants: (_, given) => given?.reply_to === 1 });
    store.apply({ type: "message", ...message(2, 3, { reply_to: 1 }) });
    store.apply({ type: "message", ...message(3, 4) });
    expect([thread.has(2), thread.has(3)]).toEqual([true, false]);
    expect(store.cell(2).views).toBe(2);
    store.apply({ type: "message", ...message(2, 5, { reply_to: 1, content: "edited" }) });
    expect(store.shown(2)?.content).toBe("edited");
  });

  test("follow what is done to them where the window is elsewhere", () => {
    const store = room();
    const window = between(store, 100, 200);
    const thread = store.view({ wants: () => false });
    store.put(message(5), thread);
    store.apply({ type: "reaction", room: 1, seq: 5, version: 8, user: 2, emoji: "👍", op: "add" });
    expect(store.shown(5)?.reactions).toEqual([{ emoji: "👍", users: [2], count: 1 }]);
    store.apply({ type: "message", ...message(5, 9, { deleted: true, content: "" }) });
    expect(store.shown(5)?.deleted).toBe(true);
    expect(window.size).toBe(0);
    store.endView(thread);
    expect(store.holdsMessages).toBe(false);
  });

  test("change alone: what is known of the others stays the same object", () => {
    const store = room();
    between(store, 1, 5);
    for (const seq of [1, 2, 3]) store.apply({ type: "message", ...message(seq) });
    const before = [1, 2, 3].map((seq) => store.held(seq));
    const { meta } = store;
    store.apply({ type: "message", ...message(2, 9) });
    expect([1, 2, 3].map((seq) => store.held(seq) === before[seq - 1])).toEqual([true, false, true]);
    expect(store.meta).toBe(meta);
  });

  test("of which nothing but a reaction has come are shown once they have come themselves", () => {
    const store = room();
    between(store, 1, 5);
    store.apply({ type: "reaction", room: 1, seq: 2, version: 6, user: 2, emoji: "👍", op: "add" });
    expect(store.shown(2)).toBeNull();
    store.put(message(2));
    expect(store.shown(2)?.reactions).toEqual([{ emoji: "👍", users: [2], count: 1 }]);
  });
});
