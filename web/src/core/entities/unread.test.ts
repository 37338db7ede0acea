/** The promise: the counts are what the server would count, whatever was posted, edited, deleted and read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MessageEvent, Room } from "../../api/shapes";
import { byAttention, call, meantForMe, noticed, readUpTo } from "./unread";
import { known, refreshed, type RoomState } from "./room";

const AT = "2026-01-01T00:00:00.000Z";
const ME = 1;

function room(id: number, me: Partial<NonNullable<Room["me"]>> = {}, rest: Partial<Room> = {}): Room {
  const base = {
    rank: "member",
    read_seq: 0,
    unread: 0,
    mentions: 0,
    muted: false,
    archived: false,
    marked_unread: false,
  };
  const counts = { seq: 0, version: 1, member_count: 2 };
  return {
    id,
    kind: "public",
    name: `room ${id}`,
    created_at: AT,
    ...counts,
    ...rest,
    me: { ...base, ...me } as NonNullable<Room["me"]>,
  };
}

type Thread = { root: number; also_in_room: boolean } | undefined;

/** The server's side of one room: it counts from the messages. */
class Server {
  readonly messages: {
    sender: number;
    mentions: boolean;
    deleted: boolean;
    version: number;
    edited: boolean;
    thread: Thread;
  }[] = [];
  version = 1;
  read = 0;

  post(sender: number, mentions: boolean, thread: Thread): MessageEvent {
    this.version += 1;
    this.messages.push({ sender, mentions, deleted: false, version: this.version, edited: false, thread });
    if (sender === ME && thread?.also_in_room !== false) this.read = this.messages.length;
    return this.told(this.messages.length);
  }

  change(seq: number, to: { mentions?: boolean; deleted?: boolean }): MessageEvent | null {
    const message = this.messages[seq - 1];
    if (message === undefined || message.deleted) return null;
    this.version += 1;
    Object.assign(message, to, { version: this.version, edited: true });
    if (to.deleted === true) message.mentions = false;
    return this.told(seq);
  }

  told(seq: number): MessageEvent {
    const message = this.messages[seq - 1];
    if (message === undefined) throw new Error("no such message");
    const sender = { id: message.sender, username: "u", display_name: "U" };
    const rest = { at: AT, reactions: [], content: "", deleted: message.deleted, version: message.version };
    const thread = message.thread === undefined ? {} : { thread: message.thread };
    return { type: "message", room: 1, seq, sender, mentions: message.mentions ? [ME] : [], ...rest, ...thread };
  }

  room(): Room {
    const here = (message: { thread: Thread }): boolean => message.thread?.also_in_room !== false;
    const unread = this.messages.filter((message, at) => at >= this.read && !message.deleted && here(message));
    const mentions = unread.filter((message) => message.mentions).length;
    const counts = { read_seq: this.read, unread: unread.length, mentions };
    return room(1, counts, { seq: this.messages.length, version: this.version });
  }
}

test("the counts are the server's", () => {
  const step = fc.oneof(
    fc.tuple(fc.constant("post" as const), fc.constantFrom(1, 2), fc.boolean()),
    fc.tuple(fc.constant("reply" as const), fc.constantFrom(1, 2), fc.boolean()),
    fc.tuple(fc.constant("reply in room" as const), fc.constantFrom(1, 2), fc.boolean()),
    fc.tuple(fc.constant("edit" as const), fc.nat({ max: 12 }), fc.boolean()),
    fc.tuple(fc.constant("delete" as const), fc.nat({ max: 12 }), fc.boolean()),
    fc.tuple(fc.constant("read" as const), fc.nat({ max: 12 }), fc.boolean()),
    fc.tuple(fc.constant("again" as const), fc.nat({ max: 12 }), fc.boolean()),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const server = new Server();
      let state: RoomState = known(server.room());
      const hear = (event: MessageEvent | null): void => {
        if (event === null) return;
        const next = noticed(state, event, ME);
        state = next.ask ? refreshed(next.state, server.room()) : next.state;
      };
      for (const [what, number, flag] of steps) {
        const threads = { post: undefined, reply: false, "reply in room": true };
        if (what === "post" || what === "reply" || what === "reply in room") {
          const also = threads[what];
          const thread = also === undefined ? undefined : { root: 1, also_in_room: also };
          hear(server.post(number, flag && number !== ME, thread));
        } else if (what === "edit") hear(server.change(number, { mentions: flag }));
        else if (what === "delete") hear(server.change(number, { deleted: true }));
        else if (what === "again" && number >= 1 && number <= server.messages.length) hear(server.told(number));
        else if (what === "read" && number <= server.messages.length && number > server.read) {
          server.read = number;
          const next = readUpTo(state, number);
          state = next.ask ? refreshed(next.state, server.room()) : next.state;
        }
        const { unread, mentions, read_seq } = server.room().me ?? {};
        expect(state.room.me).toMatchObject({ unread, mentions, read_seq });
      }
    }),
    { numRuns: 400 },
  );
});

describe("the order of rooms", () => {
  test("what is meant for one comes first, then what is new, then what was last spoken in; muted ones last", () => {
    const rooms = [
      room(1, { muted: true, unread: 9 }),
      room(2, {}, { last_at: "2026-01-02T00:00:00.000Z" }),
      room(3, {}, { last_at: "2026-01-03T00:00:00.000Z" }),
      room(4, { unread: 1 }),
      room(5, { unread: 2, mentions: 1, muted: true }),
      room(6, { unread: 1 }, { kind: "direct" }),
      room(7, { marked_unread: true }),
    ];
    expect(rooms.toSorted(byAttention).map(({ id }) => id)).toEqual([5, 6, 4, 7, 3, 2, 1]);
    expect(call(room(8, { unread: 1, muted: true }, { kind: "direct" }))).toBe(0);
  });

  test("a badge counts what is meant for one", () => {
    expect(meantForMe(room(1, { unread: 3, mentions: 1 }, { kind: "direct" }))).toBe(3);
    expect(meantForMe(room(1, { unread: 3, mentions: 1, muted: true }, { kind: "direct" }))).toBe(1);
    expect(meantForMe(room(2, { unread: 5, mentions: 2 }))).toBe(2);
    expect(meantForMe(room(2, { unread: 5 }))).toBe(0);
  });
});
