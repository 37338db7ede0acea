/** Public rooms that one looks into without being in them: they are told live as long as one does. */
import type { ClientFrame } from "../../api/shapes";
import type { Rooms } from "../entities/rooms.svelte";
import type { RoomSync } from "./room-sync";

export class WatchedRooms {
  readonly #rooms = new Set<number>();

  constructor(
    private readonly rooms: Rooms,
    private readonly sync: RoomSync,
    private readonly send: (frame: ClientFrame) => void,
  ) {}

  watch(room: number): void {
    this.#rooms.add(room);
    const version = this.rooms.get(room)?.version;
    this.send({ type: "subscribe", room, ...(version === undefined ? {} : { since: version }) });
  }

  unwatch(room: number): void {
    this.#rooms.delete(room);
    // Who has joined meanwhile goes on listening.
    if (this.rooms.get(room)?.room.me != null) return;
    this.send({ type: "unsubscribe", room });
    this.sync.forget(room);
  }

  /** A new connection knows of none of them. */
  again(): void {
    for (const room of this.rooms.visited()) {
      if (this.#rooms.has(room)) this.watch(room);
      else this.sync.forget(room);
    }
  }
}
