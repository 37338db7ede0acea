/**
 * What a room's history shows from top to bottom: days, the line where what is new begins, messages, and what happened
 * between them. Pure.
 */
import type { Message, Notice } from "../api/shapes";
import type { Window } from "../core/entities/window";

/** What is held of a room's history. */
export interface History {
  /** By version. */
  readonly notices: ReadonlyMap<number, Notice>;
  /** Those from one to another that the room shows, in their order. */
  readonly inRoom: (from: number, to: number) => readonly Message[];
}

export type Line =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "new"; readonly key: string }
  | { readonly kind: "notices"; readonly key: string; readonly notices: readonly Notice[] }
  | { readonly kind: "message"; readonly key: number; readonly message: Message; readonly follows: boolean };

/** Minutes within which messages of one person stand under one name. */
const TOGETHER = 5;
/** More notices than this in a row are one line. */
const APART = 3;

/**
 * `newFrom`: the first message that was new when the room was opened, or null. `drawn`: the lines as they were. Those
 * that are still the same are the same objects, so that what shows them is left alone; and so is the list, if all of them are.
 */
export function lines(
  history: History,
  window: Window,
  newFrom: number | null,
  drawn: readonly Line[] = [],
): readonly Line[] {
  const heldOf = inTheirOrder(drawn);
  const notices = noticesBehind(history);
  const found: Line[] = [];
  const add = (line: Line, held = heldOf(line.key)): void => {
    found.push(held !== undefined && same(held, line) ? held : line);
  };
  let today: string | null = null;
  const addDay = (dated: Message | Notice): boolean => {
    if (today === day(dated)) return false;
    today = day(dated);
    add({ kind: "day", key: `day ${today}`, at: dated.at });
    return true;
  };
  let before: Message | null = null;
  let interrupted = false;
  let marked = false;
  const messages = new Map(history.inRoom(window.from, window.to).map((message) => [message.seq, message]));
  for (const seq of places(window, messages, notices)) {
    const message = messages.get(seq);
    if (message !== undefined) {
      const newDay = addDay(message);
      const isNew = newFrom !== null && seq >= newFrom && !marked;
      // Above it nothing is known: the line stands where the stretch begins only when that is the first new message.
      if (isNew && (before !== null || window.from <= newFrom)) add({ kind: "new", key: "new" });
      if (isNew) marked = true;
      const held = heldOf(seq);
      // What it follows may have been let go, far above: for that it is not drawn anew.
      const follows =
        before === null && !interrupted && held?.kind === "message"
          ? held.follows
          : !newDay && !isNew && !interrupted && together(before, message);
      add({ kind: "message", key: seq, message, follows }, held);
      before = message;
      interrupted = false;
    }
    for (const run of runs(notices.get(seq) ?? [])) {
      const [first] = run;
      if (first === undefined) continue;
      addDay(first);
      add({ kind: "notices", key: `${run.length > 1 ? "notices" : "notice"} ${first.version}`, notices: run });
      interrupted = true;
    }
  }
  const isAsDrawn = found.length === drawn.length && found.every((line, at) => line === drawn[at]);
  return isAsDrawn ? drawn : found;
}

/** Finds lines by their keys: those asked for in the order in which they are drawn without a look at the others. */
function inTheirOrder(drawn: readonly Line[]): (key: Line["key"]) => Line | undefined {
  let next = 0;
  let places: Map<Line["key"], number> | undefined;
  return (key) => {
    if (next === drawn.length) return undefined;
    if (drawn[next]?.key !== key) {
      places ??= new Map(drawn.map((line, place) => [line.key, place]));
      const place = places.get(key);
      if (place === undefined) return undefined;
      next = place;
    }
    next += 1;
    return drawn[next - 1];
  };
}

/** Where something stands in the window: messages, and what notices stand behind, in their order. */
function places(
  window: Window,
  messages: ReadonlyMap<number, Message>,
  notices: ReadonlyMap<number, readonly Notice[]>,
): Iterable<number> {
  const first = window.from <= 1 ? 0 : window.from;
  const others = [...notices.keys()].filter((seq) => seq >= first && seq <= window.to && !messages.has(seq));
  return others.length === 0 ? messages.keys() : [...messages.keys(), ...others].sort((one, other) => one - other);
}

/** The notices by the message they stand behind, in their order. */
function noticesBehind({ notices }: History): Map<number, Notice[]> {
  const found = new Map<number, Notice[]>();
  for (const notice of [...notices.values()].sort((one, other) => one.version - other.version)) {
    const there = found.get(notice.after_seq);
    if (there === undefined) found.set(notice.after_seq, [notice]);
    else there.push(notice);
  }
  return found;
}

/** Each for itself, or where there are many on one day, together. */
function runs(notices: readonly Notice[]): Notice[][] {
  const days: Notice[][] = [];
  for (const notice of notices) {
    const last = days.at(-1);
    if (last?.[0] !== undefined && day(last[0]) === day(notice)) last.push(notice);
    else days.push([notice]);
  }
  return days.flatMap((run) => (run.length > APART ? [run] : run.map((notice) => [notice])));
}

function same(one: Line, other: Line): boolean {
  if (one.kind === "message" && other.kind === "message")
    return one.message === other.message && one.follows === other.follows;
  if (one.kind === "notices" && other.kind === "notices")
    return one.notices.length === other.notices.length && one.notices.every((held, at) => held === other.notices[at]);
  return one.kind === other.kind && one.key === other.key && one.kind !== "message";
}

/** Whether what one is sending, at this moment, stands under the name of the message before it. */
export function runsOn(before: Message | null, me: number, now: number): boolean {
  if (before?.sender.id !== me || before.deleted) return false;
  return now - Date.parse(before.at) < TOGETHER * 60_000;
}

function together(before: Message | null, message: Message): boolean {
  if (before?.sender.id !== message.sender.id || before.deleted || message.reply_to != null) return false;
  return time(message) - time(before) < TOGETHER * 60_000;
}

function time(message: Message): number {
  const known = times.get(message) ?? Date.parse(message.at);
  times.set(message, known);
  return known;
}

const times = new WeakMap<Message, number>();

/** The day in the reader's own time zone. Kept: it is asked for every line whenever something comes. */
function day(dated: Message | Notice): string {
  const known = days.get(dated);
  if (known !== undefined) return known;
  const date = new Date(dated.at);
  const found = `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
  days.set(dated, found);
  return found;
}

const days = new WeakMap<Message | Notice, string>();
