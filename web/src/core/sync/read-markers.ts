/** How far one has read in each room: told to the server at once, and then at most a few times a second. */
import type { ClientFrame, Room } from "../../api/shapes";
import type { Rooms } from "../entities/rooms.svelte";
import { isMarked } from "../entities/unread";
import type { RoomSync } from "./room-sync";

// Milliseconds between two times that the server is told: usually, and without a connection.
const TELL_EVERY = 250;
const TRY_EVERY = 2_000;

export interface ReadMarkersListener {
  /** Whether the frame went out. */
  readonly send: (frame: ClientFrame) => boolean;
  readonly isOpen: () => boolean;
  /** There is no connection now: for the next start, should the page not live to see it come back. */
  readonly keep: (room: number, seq: number) => void;
}

export class ReadMarkers {
  readonly #read = new Map<number, number>();
  /** How far the server was told that one has read: it need not have come there before a connection was lost. */
  readonly #told = new Map<number, number>();
  #keptUnread: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rooms: Rooms,
    private readonly sync: RoomSync,
    private readonly listener: ReadMarkersListener,
  ) {}

  /** What of a room is on the screen has been read. */
  read(room: number, seq: number): void {
    const shown = this.rooms.get(room)?.room;
    if (shown?.me == null) return;
    const { read_seq } = shown.me;
    if (seq <= read_seq && (!isMarked(shown) || room === this.#keptUnread)) return;
    this.sync.read(room, seq);
    this.#read.set(room, Math.max(seq, read_seq, this.#read.get(room) ?? 0));
    if (!this.listener.isOpen()) this.listener.keep(room, seq);
    if (this.#timer === undefined) this.tell();
  }

  /** The room one is in is marked as unread, though what it shows is on the screen: so it stays until `left`. */
  keepUnread(room: number): void {
    this.#keptUnread = room;
    // Told after the mark, what was read before would take it away again.
    this.tell();
  }

  /** One does not look at the room any more. */
  left(room: number): void {
    if (this.#keptUnread === room) this.#keptUnread = null;
  }

  /** A new connection: what the server does not know is told again. */
  again(rooms: readonly Room[]): void {
    for (const { id, me } of rooms) {
      const told = this.#told.get(id) ?? 0;
      if (me != null && me.read_seq < told) this.#read.set(id, Math.max(told, this.#read.get(id) ?? 0));
    }
    if (this.#timer === undefined) this.tell();
  }

  tell(): void {
    this.#timer = undefined;
    if (this.#read.size === 0) return;
    for (const [room, seq] of this.#read) {
      if (!this.listener.send({ type: "read", room, seq })) continue;
      this.#read.delete(room);
      this.#told.set(room, seq);
    }
    this.#timer = setTimeout(() => this.tell(), this.#read.size > 0 ? TRY_EVERY : TELL_EVERY);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
