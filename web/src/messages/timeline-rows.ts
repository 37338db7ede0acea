/**
 * What a room's history shows from top to bottom: days, the line where what is new begins, messages, and what happened
 * between them. It depends on nothing but what it is given.
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

/** What the lines were made from. */
interface Source {
  readonly messages: readonly Message[];
  readonly notices: History["notices"];
  readonly window: Window;
  readonly newFrom: number | null;
}

/**
 * The lines of one history, drawn again whenever something of it changes. Those that are still the same are the same objects,
 * so that what shows them is left alone; and so is the list, if all of them are.
 */
export class TimelineRows {
  #lines: readonly Line[] = [];
  #source: Source | null = null;
  #drawing: Drawing | null = null;

  /** `newFrom`: the first message that was new when the room was opened, or null. */
  draw(history: History, window: Window, newFrom: number | null): readonly Line[] {
    const messages = history.inRoom(window.from, window.to);
    const source = { messages, notices: history.notices, window, newFrom };
    const drawn = this.#lines;
    // What comes is mostly one message at the end: there are hundreds above it.
    const added = this.#drawing === null ? null : addedAtEnd(this.#source, source);
    this.#source = source;
    if (added !== null && this.#drawing !== null) {
      if (added.length > 0) this.#lines = this.#drawing.goOn(added);
      return this.#lines;
    }
    this.#drawing = new Drawing(source, inTheirOrder(drawn));
    const found = this.#drawing.all();
    const isAsDrawn = found.length === drawn.length && found.every((line, at) => line === drawn[at]);
    if (!isAsDrawn) this.#lines = found;
    return this.#lines;
  }
}

/** The messages at the end that are all that is new; null if something else is. */
function addedAtEnd(before: Source | null, now: Source): readonly Message[] | null {
  if (before === null || before.notices !== now.notices || before.newFrom !== now.newFrom) return null;
  const last = before.messages.at(-1);
  if (last === undefined || before.window.from !== now.window.from || before.window.to > now.window.to) return null;
  if (before.messages.some((message, at) => message !== now.messages[at])) return null;
  for (const { after_seq } of now.notices.values()) if (after_seq > last.seq) return null;
  return now.messages.slice(before.messages.length);
}

/** The lines one after the other, and what the next depends on. */
class Drawing {
  #found: Line[] = [];
  #day: string | null = null;
  #before: Message | null = null;
  #interrupted = false;
  #marked = false;

  constructor(
    private readonly source: Source,
    private readonly heldOf: (key: Line["key"]) => Line | undefined,
  ) {}

  all(): readonly Line[] {
    const messages = new Map(this.source.messages.map((message) => [message.seq, message]));
    const notices = noticesBehind(this.source.notices);
    for (const seq of places(this.source.window, messages, notices)) {
      const message = messages.get(seq);
      if (message !== undefined) this.#message(message);
      for (const run of runs(notices.get(seq) ?? [])) this.#notices(run);
    }
    return this.#found;
  }

  /** The list with more messages at its end; the one that was given before stays as it is. */
  goOn(messages: readonly Message[]): readonly Line[] {
    this.#found = [...this.#found];
    for (const message of messages) this.#message(message);
    return this.#found;
  }

  #add(line: Line, held = this.heldOf(line.key)): void {
    this.#found.push(held !== undefined && same(held, line) ? held : line);
  }

  #addDay(dated: Message | Notice): boolean {
    if (this.#day === day(dated)) return false;
    this.#day = day(dated);
    this.#add({ kind: "day", key: `day ${this.#day}`, at: dated.at });
    return true;
  }

  #message(message: Message): void {
    const { window, newFrom } = this.source;
    const newDay = this.#addDay(message);
    const isNew = newFrom !== null && message.seq >= newFrom && !this.#marked;
    // Above it nothing is known: the line stands where the stretch begins only when that is the first new message.
    if (isNew && (this.#before !== null || window.from <= newFrom)) this.#add({ kind: "new", key: "new" });
    if (isNew) this.#marked = true;
    const held = this.heldOf(message.seq);
    // What it follows may have been let go, far above: for that it is not drawn anew.
    const follows =
      this.#before === null && !this.#interrupted && held?.kind === "message"
        ? held.follows
        : !newDay && !isNew && !this.#interrupted && together(this.#before, message);
    this.#add({ kind: "message", key: message.seq, message, follows }, held);
    this.#before = message;
    this.#interrupted = false;
  }

  #notices(run: readonly Notice[]): void {
    const [first] = run;
    if (first === undefined) return;
    this.#addDay(first);
    const key = `${run.length > 1 ? "notices" : "notice"} ${first.version}`;
    this.#add({ kind: "notices", key, notices: run });
    this.#interrupted = true;
  }
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
function noticesBehind(notices: History["notices"]): Map<number, Notice[]> {
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
