/**
 * What needs one's attention: own unread messages and mentions, exactly, and the order of rooms that follows from them.
 *
 * Counts come from the server with a room's state and are carried on from event to event. Where an event alone cannot
 * tell (an unread message was edited or deleted, and may have been a mention), the server is asked again.
 */
import type { MessageEvent, Room } from "../../api/shapes";
import { isThreadOnly } from "./message";
import type { RoomState } from "./room";

/** The state with the message counted, and whether the counts must be asked for. */
export function noticed(state: RoomState, message: MessageEvent, me: number): { state: RoomState; ask: boolean } {
  const { counted, room } = state;
  if (room.me == null) return { state: withLast(state, message), ask: false };
  if (message.seq <= counted.seq) {
    // Counted before: the change matters only while it is unread.
    const ask = message.version > counted.version && message.seq > room.me.read_seq && room.me.unread > 0;
    return { state, ask };
  }
  // Who writes in a thread has not read the room.
  const own = message.sender.id === me && !isThreadOnly(message);
  const { unread, mentions, muted, archived } = room.me;
  let counts = {};
  if (own) {
    counts = { unread: 0, mentions: 0, read_seq: message.seq };
  } else if (!isThreadOnly(message)) {
    counts = {
      unread: unread + (message.deleted ? 0 : 1),
      mentions: mentions + (message.mentions.includes(me) ? 1 : 0),
    };
  }
  const next = withLast(state, message);
  const mine = { ...room.me, ...counts, archived: archived && muted && !own };
  return {
    state: { ...next, room: { ...next.room, me: mine }, counted: { ...counted, seq: message.seq } },
    ask: false,
  };
}

function withLast(state: RoomState, message: MessageEvent): RoomState {
  const last = state.room.last_at ?? "";
  const seq = Math.max(state.room.seq, message.seq);
  return { ...state, room: { ...state.room, seq, last_at: message.at > last ? message.at : last } };
}

/** The state after one read up to `seq`; when that is not the end, the counts must be asked for. */
export function readUpTo(state: RoomState, seq: number): { state: RoomState; ask: boolean } {
  const { room, counted } = state;
  if (room.me == null) return { state, ask: false };
  const looked = { marked_unread: false, added_by: null };
  if (seq <= room.me.read_seq) {
    if (!isMarked(room)) return { state, ask: false };
    return { state: { ...state, room: { ...room, me: { ...room.me, ...looked } } }, ask: false };
  }
  const atEnd = seq >= counted.seq;
  const counts = atEnd ? { unread: 0, mentions: 0 } : {};
  return {
    state: { ...state, room: { ...room, me: { ...room.me, ...counts, read_seq: seq, ...looked } } },
    ask: !atEnd,
  };
}

/** Marked until one looks: one wanted to come back, or somebody has brought one in. */
export function isMarked(room: Room): boolean {
  return room.me != null && (room.me.marked_unread || room.me.added_by != null);
}

/** The room without unread counts: shown so while one looks at its end, where a message is read once it is on the screen. */
export function asRead(room: Room): Room {
  if (room.me == null || room.me.unread + room.me.mentions === 0) return room;
  return { ...room, me: { ...room.me, unread: 0, mentions: 0 } };
}

/** How loudly a room calls: 3 one is meant, 2 something is new, 1 it is there, 0 it is muted. */
export function call(room: Room): 0 | 1 | 2 | 3 {
  if (room.me == null) return 1;
  const { unread, mentions, muted } = room.me;
  if (mentions > 0 || (unread > 0 && room.kind === "direct" && !muted)) return 3;
  if (muted) return 0;
  return unread > 0 || isMarked(room) ? 2 : 1;
}

/** Those that call loudest first, then those in which something was said last. */
export function byAttention(one: Room, other: Room): number {
  const louder = call(other) - call(one);
  if (louder !== 0) return louder;
  // RFC 3339 in UTC with milliseconds: in the order of their letters.
  const [at, otherAt] = [stamp(one), stamp(other)];
  return at === otherAt ? one.id - other.id : at > otherAt ? -1 : 1;
}

/**
 * How many unread messages of the room are meant for oneself: those that mention one, and in a direct conversation that
 * is not muted all of them. What its badge and the page's title count.
 */
export function meantForMe(room: Room): number {
  if (room.me == null) return 0;
  return room.kind === "direct" && !room.me.muted ? room.me.unread : room.me.mentions;
}

function stamp(room: Room): string {
  return room.last_at ?? room.created_at;
}
