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

/** `newFrom`: the first message that was new when the room was opened, or null. */
export function lines(state: RoomState, window: Window, newFrom: number | null): Line[] {
  const found: Line[] = [];
  let before: Message | null = null;
  let marked = false;
  for (let seq = window.from; seq <= window.to; seq += 1) {
    const message = state.messages.get(seq)?.shown;
    if (message == null) continue;
    const newDay = before === null || day(before.at) !== day(message.at);
    if (newDay) found.push({ kind: "day", key: `day ${day(message.at)}`, at: message.at });
    const isNew = newFrom !== null && seq >= newFrom && !marked;
    // Above it nothing is known: the line stands where the stretch begins only when that is the first new message.
    if (isNew && (before !== null || seq === newFrom)) found.push({ kind: "new", key: "new" });
    if (isNew) marked = true;
    found.push({ kind: "message", key: seq, message, follows: !newDay && !isNew && together(before, message) });
    before = message;
  }
  return found;
}

function together(before: Message | null, message: Message): boolean {
  if (before?.sender.id !== message.sender.id || before.deleted || message.reply_to != null) return false;
  return Date.parse(message.at) - Date.parse(before.at) < TOGETHER * 60_000;
}

/** The day in the reader's own time zone. */
function day(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
