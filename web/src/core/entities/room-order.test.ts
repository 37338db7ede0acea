/** The promise: however rooms come, change and go, they stand as if all were sorted anew, and so do the sums. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Room } from "../../api/shapes";
import { byAttention, call, meantForMe } from "./unread";
import { RoomOrder } from "./room-order";

const aRoom = fc.record({
  id: fc.integer({ min: 1, max: 200 }),
  day: fc.integer({ min: 1, max: 28 }),
  direct: fc.boolean(),
  me: fc.option(
    fc.record({
      unread: fc.integer({ min: 0, max: 3 }),
      mentions: fc.integer({ min: 0, max: 2 }),
      muted: fc.boolean(),
      archived: fc.boolean(),
      marked_unread: fc.boolean(),
    }),
  ),
});

function made({ id, day, direct, me }: typeof aRoom extends fc.Arbitrary<infer T> ? T : never): Room | null {
  if (me === null) return null;
  const at = `2026-01-${String(day).padStart(2, "0")}T00:00:00.000Z`;
  const counts = { seq: 9, version: 9, member_count: 2 };
  const mine = { ...me, unread: Math.max(me.unread, me.mentions), rank: "member", read_seq: 0 };
  return { id, kind: direct ? "direct" : "public", created_at: at, last_at: at, ...counts, me: mine } as Room;
}

test("the order and the sums are those of all rooms sorted anew, after few changes and after many", () => {
  const changes = fc.array(fc.array(aRoom, { maxLength: 150 }), { maxLength: 8 });
  fc.assert(
    fc.property(changes, (rounds) => {
      const order = new RoomOrder();
      const now = new Map<number, Room>();
      for (const round of rounds) {
        const before = { summary: order.summary(), listed: listed(now) };
        let told = false;
        for (const change of round) {
          const room = made(change);
          if (room === null) now.delete(change.id);
          else now.set(change.id, room);
          if (order.put(change.id, room)) told = true;
        }
        expect(order.rooms()).toEqual([...now.values()].sort(byAttention));
        const here = [...now.values()].filter((room) => room.me?.archived === false);
        const forMe = here.reduce((sum, room) => sum + meantForMe(room), 0);
        const mentions = here.reduce((sum, room) => sum + (room.me?.mentions ?? 0), 0);
        expect(order.summary()).toEqual({ forMe, mentions, unread: here.some((room) => call(room) === 2) });
        // What is not told has not changed.
        if (!told) expect({ summary: order.summary(), listed: listed(now) }).toEqual(before);
      }
    }),
    { numRuns: 200 },
  );
});

function listed(rooms: ReadonlyMap<number, Room>): number[] {
  return [...rooms.values()]
    .filter((room) => room.me?.archived === false)
    .sort(byAttention)
    .map(({ id }) => id);
}

test("the title counts what is for the user in rooms that are not archived; of muted ones nothing else", () => {
  const of = (id: number, me: Partial<NonNullable<Room["me"]>>, kind = "public"): Room => {
    const base = { rank: "member", read_seq: 0, unread: 0, mentions: 0, muted: false, archived: false };
    const counts = { seq: 0, version: 1, member_count: 2, created_at: "2026-01-01T00:00:00.000Z" };
    return { id, kind, ...counts, me: { ...base, marked_unread: false, ...me } } as Room;
  };
  const order = new RoomOrder();
  order.put(1, of(1, { unread: 3 }, "direct"));
  order.put(2, of(2, { unread: 5, mentions: 2 }));
  order.put(3, of(3, { unread: 1, mentions: 1, archived: true }));
  order.put(4, of(4, { unread: 1, muted: true }));
  expect(order.summary()).toEqual({ forMe: 5, mentions: 2, unread: false });
  order.put(4, of(4, { unread: 1 }));
  expect(order.summary()).toEqual({ forMe: 5, mentions: 2, unread: true });
});
