/**
 * A room as this client knows it, without its messages, and what each event makes of it.
 *
 * Pure: every function gives a new state, or the same one when nothing changed. Events may come twice, out of order or
 * not at all: what is older than what is held is passed over, and a gap is noticed, so that what is missing is fetched
 * (`behind`) from `version` on.
 */
import type { Changes, DurableEvent, MemberEvent, Notice, Rank, Room, RoomEvent, User } from "../../api/shapes";

/** Somebody's place in the room as of a version; no rank: not a member any more. */
export interface Seat {
  readonly user: User;
  readonly rank: Rank | null;
  readonly version: number;
}

export interface RoomState {
  readonly room: Room;
  /** Every change up to here has been applied: what is said when resuming. */
  readonly version: number;
  /** The highest version heard of; above `version` when something in between is missing. */
  readonly heard: number;
  /** What happened beside what was said, by version; as far as its place among the messages is held. */
  readonly notices: ReadonlyMap<number, Notice>;
  /** By user id. */
  readonly seats: ReadonlyMap<number, Seat>;
  /** What the counts in `room.me` include: every change up to `version`, every message up to `seq`. */
  readonly counted: Counted;
}

export interface Counted {
  readonly version: number;
  readonly seq: number;
}

/** A room of which nothing but its present state is known. */
export function known(room: Room): RoomState {
  return {
    room,
    version: room.version,
    heard: room.version,
    notices: new Map(),
    seats: new Map(),
    counted: { version: room.version, seq: room.seq },
  };
}

/** The room in the present state that the server sent, with the user's own counts. */
export function refreshed(state: RoomState, room: Room): RoomState {
  if (room.version < state.counted.version) return state;
  return { ...state, room, counted: { version: room.version, seq: room.seq } };
}

/** Whether something was missed: ask what changed since `version`. */
export function behind(state: RoomState): boolean {
  return state.heard > state.version;
}

/** The state after an event. `largeRoom`: members past which comings and goings are not told one by one. */
export function applied(state: RoomState, event: DurableEvent, largeRoom = 500): RoomState {
  const next = take(state, event);
  if (event.version <= state.heard) return next;
  // In a large room versions are skipped on purpose: its `room` event tells the sum of what was left out.
  const complete = event.version === state.version + 1 || state.room.member_count > largeRoom;
  const version = complete && !behind(state) ? event.version : state.version;
  return { ...next, heard: event.version, version };
}

/** The state after the server's answer to "what changed since `version`". */
export function caughtUp(state: RoomState, changes: Changes): RoomState {
  let next: RoomState = changes.resync === true ? emptied(state) : state;
  next = withNotices(next, changes.notices ?? []);
  for (const member of changes.members) {
    next = withSeat(next, { user: member.user, rank: member.rank ?? null, version: member.version });
  }
  next = refreshed(next, changes.room);
  const version = Math.max(next.version, changes.version);
  return { ...next, version, heard: Math.max(next.heard, version) };
}

/** Everything up to `version` has come: what is missing was missing on purpose. */
export function synced(state: RoomState, version: number): RoomState {
  const reached = Math.max(state.version, version);
  return { ...state, version: reached, heard: Math.max(state.heard, reached) };
}

/** There are too many changes to resume: what was held is of no use. */
export function restarted(state: RoomState, version: number): RoomState {
  return emptied(synced(state, version));
}

function emptied(state: RoomState): RoomState {
  return { ...state, notices: new Map(), seats: new Map() };
}

function take(state: RoomState, event: DurableEvent): RoomState {
  switch (event.type) {
    case "notice":
      return withNotices(state, [without(event, "type")]);
    case "member":
      return withSeat(state, seat(event));
    case "room":
      return withRoom(state, event);
    case "message":
    case "reaction":
      // Of the messages nothing is held here but that they came.
      return state;
  }
}

/** The state with notices of a page of history. */
export function withNotices(state: RoomState, notices: readonly Notice[]): RoomState {
  // One that is held stays the same: a notice never changes, but for what people are called, which is looked up.
  const fresh = notices.filter((notice) => !state.notices.has(notice.version));
  if (fresh.length === 0) return state;
  return {
    ...state,
    notices: new Map([...state.notices, ...fresh.map((notice) => [notice.version, notice] as const)]),
  };
}

function withSeat(state: RoomState, fresh: Seat): RoomState {
  const held = state.seats.get(fresh.user.id);
  if (held !== undefined && held.version >= fresh.version) return state;
  return { ...state, seats: new Map(state.seats).set(fresh.user.id, fresh) };
}

function withRoom(state: RoomState, event: RoomEvent): RoomState {
  if (event.version < state.room.version) return state;
  // Its own view of the room, `me` and `peer`, is not in what everybody is told.
  const { me, peer } = state.room;
  const room: Room = { ...without(event, "type", "deleted") };
  return { ...state, room: { ...room, ...(me == null ? {} : { me }), ...(peer == null ? {} : { peer }) } };
}

function seat(event: MemberEvent): Seat {
  return { user: event.user, rank: event.rank ?? null, version: event.version };
}

function without<T extends object, K extends keyof T>(whole: T, ...names: K[]): Omit<T, K> {
  const rest = { ...whole };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the names are those of the type
  for (const name of names) delete rest[name];
  return rest;
}
