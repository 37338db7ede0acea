/**
 * Messages on their way to the server, from the moment they are written until they are acknowledged.
 *
 * Pure, and plain JSON: kept in the browser's storage as it is, so that a reload or a crash of the tab loses nothing. Each
 * carries a `key`; sending it again with the same key stores it once, so whenever it is not known whether one arrived, it
 * is sent again.
 */
import type { ErrorCode, Message, MessageFrame } from "../../api/shapes";

export type Destination = { readonly room: number } | { readonly to: number | string };

export interface Outgoing {
  readonly key: string;
  readonly destination: Destination;
  readonly content: string;
  readonly replyTo?: number;
  /** The message in whose thread it is, and whether it is shown in the room as well. */
  readonly thread?: number;
  readonly alsoInRoom?: boolean;
  /** Not to be taken for a slash command. */
  readonly asText?: boolean;
  /** When it was written, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** The room's last message when it was written: it will come after that. */
  readonly after?: number;
  /** `waiting` to be sent, `sent` and not yet answered, or `failed` for good, until it is retried by hand. */
  readonly state: "waiting" | "sent" | "failed";
  /** The room's name when it was written: one may not be in it any more when it is refused. */
  readonly roomName?: string;
  /** What the server said when it refused it. */
  readonly problem?: string;
}

/** In the order in which they were written. */
export type Outbox = readonly Outgoing[];

/** What may succeed later, without a change to the message. */
export const PASSING: ReadonlySet<ErrorCode> = new Set(["rate_limited", "unavailable", "not_authenticated"]);

/** With one more. */
export function written(outbox: Outbox, message: Omit<Outgoing, "state" | "problem">): Outbox {
  return [...outbox, { ...message, state: "waiting" }];
}

/** The frames to send now, in order, and the outbox once they are. Their `ref` is the message's key. */
export function flushed(outbox: Outbox): { readonly outbox: Outbox; readonly frames: readonly MessageFrame[] } {
  const waiting = outbox.filter((message) => message.state === "waiting");
  return {
    frames: waiting.map(frame),
    outbox: outbox.map((message) => (message.state === "waiting" ? { ...message, state: "sent" } : message)),
  };
}

/** After the connection was lost, or the page loaded anew: what was not answered is sent again. */
export function unanswered(outbox: Outbox): Outbox {
  return outbox.map((message) => (message.state === "sent" ? { ...message, state: "waiting" } : message));
}

/** Stored by the server: it is in the room's history now. */
export function acknowledged(outbox: Outbox, key: string): Outbox {
  return outbox.filter((message) => message.key !== key);
}

/** Refused: to be tried again later, or never as it is. */
export function refused(outbox: Outbox, key: string, code: ErrorCode, detail: string): Outbox {
  return changed(outbox, key, (message) =>
    PASSING.has(code) ? { ...message, state: "waiting" } : { ...message, state: "failed", problem: detail },
  );
}

/** Tried again by hand, with the same key. */
export function retried(outbox: Outbox, key: string): Outbox {
  return changed(outbox, key, (message) => {
    const { problem, ...rest } = message;
    return { ...rest, state: "waiting" };
  });
}

/** Given up by hand. */
export function discarded(outbox: Outbox, key: string): Outbox {
  return outbox.filter((message) => message.key !== key || message.state !== "failed");
}

/**
 * Those on their way to the room, and to its threads. Its own event may come before the acknowledgement does: what has already
 * appeared among the messages is not shown a second time.
 */
export function pendingIn(outbox: Outbox, room: number, messages: Iterable<Message>, me: number): Outgoing[] {
  const pending = outbox.filter(({ destination }) => "room" in destination && destination.room === room);
  if (pending.length === 0) return [];
  const come = [...messages].filter((message) => message.sender.id === me);
  return pending.filter((outgoing) => {
    if (outgoing.state !== "sent" || outgoing.after === undefined) return true;
    const after = outgoing.after;
    const found = come.findIndex((message) => isSame(outgoing, message) && message.seq > after);
    if (found >= 0) come.splice(found, 1);
    return found < 0;
  });
}

function isSame(outgoing: Outgoing, message: Message): boolean {
  return message.content === outgoing.content.trim() && message.thread?.root == outgoing.thread;
}

function changed(outbox: Outbox, key: string, how: (message: Outgoing) => Outgoing): Outbox {
  return outbox.map((message) => (message.key === key ? how(message) : message));
}

function frame(message: Outgoing): MessageFrame {
  return {
    type: "message",
    ref: message.key,
    key: message.key,
    content: message.content,
    ...message.destination,
    ...(message.replyTo === undefined ? {} : { reply_to: message.replyTo }),
    ...(message.thread === undefined ? {} : { thread: message.thread }),
    ...(message.alsoInRoom === true ? { also_in_room: true } : {}),
    ...(message.asText === true ? { as_text: true } : {}),
  };
}
