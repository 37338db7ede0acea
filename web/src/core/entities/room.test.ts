/** The promise: whatever comes twice, late or never, once it is asked what was missed the room is as the server has it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Changes, DurableEvent, Message, Room, User } from "../../api/shapes";
import { behind, known } from "./room";
import { RoomStore } from "./room-store.svelte";

const AT = "2026-01-01T00:00:00.000Z";
const EMOJI = ["👍", "❤️"] as const;

function user(id: number): User {
  return { id, username: `user${id}`, display_name: `User ${id}`, status: "online" };
}

/** A server's room, simply: it does what it is told and says so in events, each a version. */
class Model {
  readonly messages: Message[] = [];
  readonly seats = new Map<number, { version: number; rank: "member" | null }>();
  readonly log: DurableEvent[] = [];
  version = 1;
  name = "room";

  room(): Room {
    const seated = [...this.seats.values()].filter((seat) => seat.rank !== null);
    const numbers = { seq: this.messages.length, version: this.version, member_count: seated.length };
    return { id: 1, kind: "public", ...numbers, created_at: AT, name: this.name };
  }

  post(sender: number, content: string): void {
    this.version += 1;
    const seq = this.messages.length + 1;
    const who = { id: sender, username: `user${sender}`, display_name: `User ${sender}` };
    const rest = { at: AT, deleted: false, mentions: [], reactions: [] };
    this.messages.push({ room: 1, seq, version: this.version, sender: who, content, ...rest });
    this.tell(seq);
  }

  edit(seq: number, content: string): void {
    this.change(seq, (message) => ({ ...message, content, edited_at: AT }));
  }

  remove(seq: number): void {
    this.change(seq, (message) => ({ ...message, content: "", deleted: true, reactions: [] }));
  }

  react(seq: number, who: number, emoji: string): void {
    const message = this.messages[seq - 1];
    if (message === undefined || message.deleted) return;
    this.version += 1;
    const before = message.reactions.find((reaction) => reaction.emoji === emoji)?.users ?? [];
    const op = before.includes(who) ? "remove" : "add";
    const users = op === "add" ? [...before, who] : before.filter((other) => other !== who);
    const others = message.reactions.filter((reaction) => reaction.emoji !== emoji);
    const reactions = users.length > 0 ? [...others, { emoji, users }] : others;
    this.messages[seq - 1] = { ...message, reactions, version: this.version };
    this.log.push({ type: "reaction", room: 1, seq, version: this.version, user: who, emoji, op });
  }

  sit(who: number): void {
    this.version += 1;
    const rank = this.seats.get(who)?.rank === "member" ? null : "member";
    this.seats.set(who, { version: this.version, rank });
    this.log.push({
      type: "member",
      room: 1,
      version: this.version,
      user: user(who),
      ...(rank === null ? {} : { rank }),
    });
  }

  rename(name: string): void {
    this.version += 1;
    this.name = name;
    this.log.push({ type: "room", ...this.room() });
  }

  since(version: number): Changes {
    const messages = this.messages.filter((message) => message.version > version);
    const members = [...this.seats].flatMap(([id, seat]) =>
      seat.version > version
        ? [{ user: user(id), version: seat.version, ...(seat.rank === null ? {} : { rank: seat.rank }) }]
        : [],
    );
    return { room: this.room(), messages, members, version: this.version, has_more: false };
  }

  private change(seq: number, how: (message: Message) => Message): void {
    const message = this.messages[seq - 1];
    if (message === undefined || message.deleted) return;
    this.version += 1;
    this.messages[seq - 1] = { ...how(message), version: this.version };
    this.tell(seq);
  }

  private tell(seq: number): void {
    const message = this.messages[seq - 1];
    if (message !== undefined) this.log.push({ type: "message", ...message });
  }
}

/** Messages, members and name, in a form in which two of them can be compared. */
function picture(messages: Iterable<Message>, seats: Iterable<[number, { rank: string | null }]>, name: unknown) {
  const said = [...messages].map((message) => ({
    seq: message.seq,
    content: message.content,
    deleted: message.deleted,
    reactions: message.reactions.map((reaction) => `${reaction.emoji} ${[...reaction.users].sort().join()}`).sort(),
  }));
  said.sort((one, other) => one.seq - other.seq);
  const seated = [...seats].flatMap(([id, seat]) => (seat.rank === null ? [] : [id])).sort();
  return { said, seated, name };
}

function ofModel(model: Model) {
  return picture(model.messages, model.seats, model.name);
}

/** A room of which everything is shown. */
function shownWhole(room: Room) {
  const store = new RoomStore(known(room));
  const view = store.view({ wants: () => true });
  return { store, view };
}

function ofStore(store: RoomStore) {
  return picture(store.allShown(), store.seats, store.room.name);
}

const who = fc.integer({ min: 1, max: 3 });
const which = fc.integer({ min: 1, max: 2 });
const step = fc.oneof(
  fc.tuple(fc.constant("post" as const), who, fc.string()),
  fc.tuple(fc.constant("edit" as const), which, fc.string()),
  fc.tuple(fc.constant("remove" as const), which),
  fc.tuple(fc.constant("react" as const), which, who, fc.constantFrom(...EMOJI)),
  fc.tuple(fc.constant("sit" as const), who),
  fc.tuple(fc.constant("rename" as const), fc.string()),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(model: Model, steps: readonly Step[]): void {
  for (const [what, ...options] of steps) {
    (model[what] as (...given: unknown[]) => void).apply(model, options);
  }
}

describe("a room", () => {
  test("told everything in order is as the server has it, and is never behind", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Model();
        const { store } = shownWhole(model.room());
        play(model, steps);
        for (const event of model.log) {
          store.apply(event);
          expect(behind(store.state)).toBe(false);
          expect(store.version).toBe(event.version);
        }
        expect(ofStore(store)).toEqual(ofModel(model));
      }),
    );
  });

  test("told things twice, late or never is as the server has it once it has asked what was missed", () => {
    // What arrives when: each event any number of times, at any later moment.
    const arrivals = fc.array(fc.array(fc.nat({ max: 12 }), { maxLength: 3 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), arrivals, fc.boolean(), (steps, delays, paged) => {
        const model = new Model();
        const { store, view } = shownWhole(model.room());
        play(model, steps);
        const told = model.log.flatMap((event, at) => (delays[at] ?? []).map((delay) => ({ event, at: at + delay })));
        told.sort((one, other) => one.at - other.at);
        const came = new Set<number>();
        for (const { event } of told) {
          came.add(event.version);
          store.apply(event);
          // What it says it has, it has.
          const claimed = model.log.filter((other) => other.version <= store.version);
          expect(claimed.every((other) => came.has(other.version))).toBe(true);
        }
        if (paged) store.putPage({ messages: model.messages.slice(-3), has_more: true }, view);
        store.catchUp(model.since(store.version));
        expect(behind(store.state)).toBe(false);
        expect(store.version).toBe(model.version);
        expect(ofStore(store)).toEqual(ofModel(model));
      }),
      { numRuns: 2000 },
    );
  });

  test("that missed something knows it", () => {
    const model = new Model();
    const { store } = shownWhole(model.room());
    play(model, [
      ["post", 1, "one"],
      ["post", 1, "two"],
      ["post", 1, "three"],
    ]);
    const [first, , third] = model.log;
    if (first === undefined || third === undefined) throw new Error("three were posted");
    store.apply(first);
    store.apply(third);
    expect([store.version, store.state.heard, behind(store.state)]).toEqual([2, 4, true]);
    store.catchUp(model.since(store.version));
    expect(ofStore(store)).toEqual(ofModel(model));
  });

  test("that missed one of two reactions has both once it has asked", () => {
    const model = new Model();
    const { store } = shownWhole(model.room());
    play(model, [
      ["post", 1, "one"],
      ["react", 1, 2, "👍"],
      ["react", 1, 3, "👍"],
    ]);
    const [posted, , second] = model.log;
    if (posted === undefined || second === undefined) throw new Error("there were three events");
    store.apply(posted);
    store.apply(second);
    store.catchUp(model.since(store.version));
    expect(ofStore(store)).toEqual(ofModel(model));
  });

  test("of many members is told of them in sums, and does not think it missed something", () => {
    const model = new Model();
    const { store } = shownWhole({ ...model.room(), member_count: 501 });
    play(model, [
      ["sit", 1],
      ["sit", 2],
      ["post", 1, "hello"],
    ]);
    const told = model.log[2];
    if (told === undefined) throw new Error("something was posted");
    store.apply(told);
    expect([store.version, behind(store.state)]).toEqual([4, false]);
  });

  test("starts over when too much has changed to be listed", () => {
    const model = new Model();
    play(model, [["sit", 1]]);
    const { store } = shownWhole({ ...model.room(), version: 1 });
    for (const event of model.log) store.apply(event);
    expect(store.seats.size).toBe(1);
    store.catchUp({ ...model.since(99), messages: [], members: [], resync: true });
    expect(store.seats.size).toBe(0);
  });

  test("that changes nothing stays the same object", () => {
    const model = new Model();
    play(model, [["post", 1, "one"]]);
    const event = model.log[0];
    if (event === undefined) throw new Error("something was posted");
    const { store } = shownWhole({ ...model.room(), version: 1 });
    store.apply(event);
    const [state, held] = [store.state, store.held(1)];
    store.apply(event);
    expect(store.state).toBe(state);
    expect(store.held(1)).toBe(held);
  });
});
