/**
 * One message, and what each event makes of it. Pure: every function gives a new value, or the same one when nothing changed.
 */
import type { Message, MessageEvent, ReactionEvent, Thread } from "../../api/shapes";
import { withChange, withKnown } from "./reactions";

/**
 * A message: as the server gave it, the reactions to it that came later, and both together. Without the message itself
 * as long as only reactions to it have come.
 */
export interface Held {
  readonly given: Message | null;
  readonly later: readonly ReactionEvent[];
  readonly shown: Message | null;
  /** Of a message that has a thread: its counts, as a reply brought them, and that reply's version. */
  readonly counts?: { readonly version: number; readonly thread: Thread };
}

export const NOTHING: Held = { given: null, later: [], shown: null };

export function withMessage(held: Held, message: Message): Held {
  // What the server gives is whole. A reaction that was applied here does not make a message newer: one may be missing.
  if (held.given === null || held.given.version < message.version) {
    const reactions = withKnown(message.reactions, held.shown?.reactions ?? []);
    return together(held, { ...message, reactions: [...reactions] }, held.later);
  }
  const { version, thread } = message;
  // A thread changes without its root's version.
  if (held.given.version > version || thread == null || isSame(held.given.thread, thread)) return held;
  return together(held, { ...held.given, thread }, held.later);
}

/** The counts of its thread, which come with each reply that is new or has changed. */
export function withCounts(held: Held, reply: Message): Held {
  const { root, also_in_room, ...thread } = reply.thread ?? {};
  if (thread.count == null || (held.counts !== undefined && held.counts.version >= reply.version)) return held;
  return together({ ...held, counts: { version: reply.version, thread } }, held.given, held.later);
}

export function withReaction(held: Held, event: ReactionEvent): Held {
  if (held.later.some((other) => other.version === event.version)) return held;
  if (held.given !== null && held.given.version >= event.version) return held;
  return together(held, held.given, [...held.later, event]);
}

/** A reply that is shown in its thread only: it counts there, and the room does not show it. */
export function isThreadOnly({ thread }: Pick<Message, "thread">): boolean {
  return thread?.root != null && thread.also_in_room !== true;
}

/** The message that an event tells. */
export function messageOf(event: MessageEvent): Message {
  const { type, ...message } = event;
  return message;
}

function together({ counts }: Held, given: Message | null, reactions: readonly ReactionEvent[]): Held {
  const later = reactions
    .filter((event) => given === null || event.version > given.version)
    .toSorted((one, other) => one.version - other.version);
  if (given === null) return { given, later, shown: null, ...(counts && { counts }) };
  // What was given may tell of replies whose own events are yet to come.
  const isNewer = counts !== undefined && (counts.thread.last ?? 0) >= (given.thread?.last ?? 0);
  const whole = isNewer ? { ...given, thread: counts.thread } : given;
  return { given, later, shown: later.reduce(reacted, whole), ...(isNewer && { counts }) };
}

function isSame(one: Thread | null | undefined, other: Thread): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function reacted(message: Message, event: ReactionEvent): Message {
  return { ...message, reactions: [...withChange(message.reactions, event)], version: event.version };
}
