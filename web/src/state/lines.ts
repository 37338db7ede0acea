/** What a room's history shows from top to bottom: days, the line where what is new begins, and messages. Pure. */
import type { Message } from "../api/shapes";
import type { RoomState } from "./room";
import type { Window } from "./window";

export type Line =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "new"; readonly key: string }
  | { readonly kind: "message"; readonly key: number; readonly message: Message; readonly follows: boolean };

/** Minutes within which messages of one person stand under one name. */
const TOGETHER = 5;

/**
 * `newFrom`: the first message that was new when the room was opened, or null. `drawn`: the lines as they were. Those
 * that are still the same are the same objects, so that what shows them is left alone.
 */
export function lines(
  state: RoomState,
  window: Window,
  newFrom: number | null,
  drawn: readonly Line[] = [],
): readonly Line[] {
  const known = new Map(drawn.map((line) => [line.key, line]));
  const found: Line[] = [];
  const add = (line: Line): void => {
    const held = known.get(line.key);
    found.push(held !== undefined && same(held, line) ? held : line);
  };
  let before: Message | null = null;
  let marked = false;
  for (let seq = window.from; seq <= window.to; seq += 1) {
    const message = state.messages.get(seq)?.shown;
    if (message == null) continue;
    const newDay = before === null || day(before) !== day(message);
    if (newDay) add({ kind: "day", key: `day ${day(message)}`, at: message.at });
    const isNew = newFrom !== null && seq >= newFrom && !marked;
    // Above it nothing is known: the line stands where the stretch begins only when that is the first new message.
    if (isNew && (before !== null || seq === newFrom)) add({ kind: "new", key: "new" });
    if (isNew) marked = true;
    const held = known.get(seq);
    // What it follows may have been let go, far above: for that it is not drawn anew.
    const follows =
      before === null && held?.kind === "message" ? held.follows : !newDay && !isNew && together(before, message);
    add({ kind: "message", key: seq, message, follows });
    before = message;
  }
  return found;
}

function same(one: Line, other: Line): boolean {
  if (one.kind === "message" && other.kind === "message")
    return one.message === other.message && one.follows === other.follows;
  return one.kind === other.kind && one.key === other.key && one.kind !== "message";
}

function together(before: Message | null, message: Message): boolean {
  if (before?.sender.id !== message.sender.id || before.deleted || message.reply_to != null) return false;
  return Date.parse(message.at) - Date.parse(before.at) < TOGETHER * 60_000;
}

/** The day in the reader's own time zone. Kept: it is asked for every line whenever something comes. */
function day(message: Message): string {
  const known = days.get(message);
  if (known !== undefined) return known;
  const date = new Date(message.at);
  const found = `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
  days.set(message, found);
  return found;
}

const days = new WeakMap<Message, string>();
