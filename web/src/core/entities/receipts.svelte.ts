/** How far each member of a room has got its messages, and has read them. */
import { SvelteMap } from "svelte/reactivity";
import { answer, http } from "../../api/http";
import type { Message, Receipt, Room } from "../../api/shapes";

type Marks = ReadonlyMap<number, Receipt>;

/** Whom a message reached: those it was sent to, by how far it came. */
export interface Reach {
  readonly sent: number;
  readonly delivered: readonly number[];
  readonly read: readonly number[];
}

export class Receipts {
  readonly #rooms = new SvelteMap<number, Marks>();

  /** Those of a room one is in; a large one has none. Without an answer there are none either. */
  async loadFor(room: Room, largeRoom: number): Promise<void> {
    if (room.me == null || room.member_count > largeRoom) return;
    await this.load(room.id).catch(() => undefined);
  }

  async load(room: number): Promise<void> {
    const found = await answer(http.GET("/api/rooms/{room}/receipts", { params: { path: { room } } }));
    this.#rooms.set(room, new Map(found.receipts.map((receipt) => [receipt.user, receipt])));
  }

  hear(room: number, user: number, mark: { delivered?: number; read?: number }): void {
    const marks = this.#rooms.get(room);
    const held = marks?.get(user);
    if (marks === undefined) return;
    if (held === undefined) {
      // Somebody who came in since: their marks are asked for as a whole.
      void this.load(room).catch(() => undefined);
      return;
    }
    const read_seq = Math.max(held.read_seq, mark.read ?? 0);
    const delivered_seq = Math.max(held.delivered_seq, mark.delivered ?? 0, read_seq);
    this.#rooms.set(room, new Map(marks).set(user, { ...held, read_seq, delivered_seq }));
  }

  forget(room: number): void {
    this.#rooms.delete(room);
  }

  /** null where it is not known. */
  of(message: Message): Reach | null {
    const marks = this.#rooms.get(message.room);
    if (marks === undefined) return null;
    const to = [...marks.values()].filter(
      (receipt) => receipt.user !== message.sender.id && receipt.joined_seq < message.seq,
    );
    return {
      sent: to.length,
      delivered: to.filter((receipt) => receipt.delivered_seq >= message.seq).map((receipt) => receipt.user),
      read: to.filter((receipt) => receipt.read_seq >= message.seq).map((receipt) => receipt.user),
    };
  }
}
