/**
 * The rooms as last seen, and the last messages of those one was in, kept for the next start. Only what has changed is
 * written, a little after it has.
 */
import type { Held } from "../entities/message";
import type { RoomState } from "../entities/room";
import type { Window } from "../entities/window";
import type { Kept } from "./database";
import type { KeptMessage, KeptRoom, RoomChange } from "./schema";

/** Milliseconds. */
const SAVE_AFTER = 1_500;
const KEPT_MESSAGES = 40;
/** Rooms written at once: thousands are written in several steps, between which the page can do other things. */
const AT_ONCE = 200;

export interface Seen {
  readonly state: RoomState;
  readonly window: Window | null;
  readonly held: (seq: number) => Held | undefined;
  /** The messages from one to another that the room shows, in their order. */
  readonly inRoom: (from: number, to: number) => readonly { readonly seq: number }[];
}

/** A room as it was kept. */
export interface Restored {
  readonly state: RoomState;
  readonly window: Window | null;
  /** Those of the window. */
  readonly messages: ReadonlyMap<number, Held>;
}

export class RoomCache {
  /** As written last, by room. */
  readonly #written = new Map<number, Written>();
  readonly #changed = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving = false;
  #stopped = false;

  /** `seen`: the room as it is now, or `null` when nothing of it is to be kept. */
  constructor(
    private readonly kept: Kept,
    private readonly seen: (room: number) => Seen | null,
  ) {}

  /** What was kept. Raises what the database raises. */
  async load(): Promise<Restored[]> {
    const { rooms, messages } = await this.kept.rooms();
    const of = new Map<number, Map<number, KeptMessage>>();
    for (const message of messages) {
      const held = of.get(message.room) ?? new Map<number, KeptMessage>();
      of.set(message.room, held.set(message.seq, message));
    }
    return rooms.map((room) => {
      const found = of.get(room.id) ?? new Map<number, KeptMessage>();
      this.#written.set(room.id, { room, messages: found });
      return restored(room, found);
    });
  }

  changed(room: number): void {
    this.#changed.add(room);
    if (!this.#saving) this.#timer ??= setTimeout(() => void this.save(), SAVE_AFTER);
  }

  /** Write what has changed. What cannot be written is tried again with the next change. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#saving || this.#stopped) return;
    this.#saving = true;
    try {
      while (this.#changed.size > 0) await this.#saveSome();
    } catch {
      // The browser keeps nothing more, or the database is closed.
    }
    this.#saving = false;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#changed.clear();
  }

  async #saveSome(): Promise<void> {
    const ids = [...this.#changed].slice(0, AT_ONCE);
    const before = ids.map((id) => this.#written.get(id));
    for (const id of ids) this.#changed.delete(id);
    const changes = ids.map((id) => this.#difference(id)).filter((change) => change !== null);
    if (changes.length === 0) return;
    try {
      await this.kept.keepRooms(changes);
    } catch (problem) {
      ids.forEach((id, number) => {
        const held = before[number];
        if (held === undefined) this.#written.delete(id);
        else this.#written.set(id, held);
        this.#changed.add(id);
      });
      throw problem;
    }
  }

  /** What of the room is not written yet; it counts as written from now on. */
  #difference(id: number): RoomChange | null {
    const before = this.#written.get(id);
    const seen = this.seen(id);
    if (seen === null) {
      this.#written.delete(id);
      return before === undefined ? null : { id, room: null, messages: [], gone: [...before.messages.keys()] };
    }
    const now = written(seen);
    this.#written.set(id, now);
    const fresh = [...now.messages.values()].filter(({ seq, shown, later }) => {
      const held = before?.messages.get(seq);
      return held?.shown !== shown || held.later !== later;
    });
    const gone = [...(before?.messages.keys() ?? [])].filter((seq) => !now.messages.has(seq));
    if (before !== undefined && isSame(before.room, now.room) && fresh.length + gone.length === 0) return null;
    return { id, room: now.room, messages: fresh, gone };
  }
}

interface Written {
  readonly room: KeptRoom;
  readonly messages: ReadonlyMap<number, KeptMessage>;
}

function isSame(one: KeptRoom, other: KeptRoom): boolean {
  const { room, version, heard, counted, from, to } = one;
  const isThere = room === other.room && version === other.version && heard === other.heard;
  const isWindow = counted === other.counted && from === other.from && to === other.to && one.count === other.count;
  // A notice never changes.
  return isThere && isWindow && [...one.notices.keys()].join() === [...other.notices.keys()].join();
}

function written({ state, window, held: heldOf, inRoom }: Seen): Written {
  const { room, version, heard, counted } = state;
  const { from, to } = window?.live === true ? window : { from: 1, to: 0 };
  const seqs = inRoom(from, to).map(({ seq }) => seq);
  const first = seqs.length > KEPT_MESSAGES ? (seqs.at(-KEPT_MESSAGES) ?? from) : from;
  const messages = new Map<number, KeptMessage>();
  for (const seq of seqs.slice(-KEPT_MESSAGES)) {
    const held = heldOf(seq);
    if (held !== undefined) messages.set(seq, { ...held, room: room.id, seq });
  }
  const isBehind = (seq: number): boolean => (seq >= first && seq <= to) || (seq === 0 && first === 1 && to > 0);
  const notices = new Map([...state.notices].filter(([, notice]) => isBehind(notice.after_seq)));
  return {
    room: { id: room.id, room, version, heard, counted, notices, from: first, to, count: messages.size },
    messages,
  };
}

/** The room as it was kept. Two tabs may have written of it: where messages are missing in between, none is of use. */
function restored(kept: KeptRoom, found: ReadonlyMap<number, KeptMessage>): Restored {
  const { room, version, heard, counted, notices, from, to, count = to - from + 1 } = kept;
  const messages = new Map([...found].filter(([seq]) => seq >= from && seq <= to));
  const isWhole = to >= from && messages.size === count;
  const state = { room, version, heard, counted, seats: new Map() };
  if (!isWhole) return { state: { ...state, notices: new Map() }, window: null, messages: new Map() };
  return { state: { ...state, notices }, window: { from, to, live: true }, messages };
}
