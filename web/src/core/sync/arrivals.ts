/** Which messages are told of as they come. A room's counts can be ahead of its events, so they do not tell. */
import type { MessageEvent, Room } from "../../api/shapes";

export class Arrivals {
  /** For each room the newest message that is not told of any more. */
  readonly #upTo = new Map<number, number>();

  /** The room as it was when the connection was opened: what it has by then did not come just now. */
  opened(room: Room): void {
    this.#upTo.set(room.id, Math.max(room.seq, this.#upTo.get(room.id) ?? 0));
  }

  /** A room one was brought into: what was sent since then may be told of already in its counts, and its event comes yet. */
  learned(room: Room): void {
    if (!this.#upTo.has(room.id)) this.#upTo.set(room.id, room.me?.read_seq ?? room.seq);
  }

  forget(room: number): void {
    this.#upTo.delete(room);
  }

  /** Whether the message has come just now; an edit and what is heard twice have not. */
  isNew(event: MessageEvent): boolean {
    if (event.seq <= (this.#upTo.get(event.room) ?? 0)) return false;
    this.#upTo.set(event.room, event.seq);
    return true;
  }
}
