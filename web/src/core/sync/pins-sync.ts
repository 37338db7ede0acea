/** The pinned messages of the rooms that are looked at, as the server has them. */
import { answer, http } from "../../api/http";
import type { DurableEvent } from "../../api/shapes";
import { messageOf } from "../entities/message";
import type { Keeping } from "./keeping";

export class PinsSync {
  readonly #loaded = new Set<number>();

  constructor(private readonly keeping: Keeping) {}

  /** Without an answer what is known stays: it is asked again with the next connection. */
  async load(room: number): Promise<void> {
    try {
      const { pins } = await answer(http.GET("/api/rooms/{room}/pins", { params: { path: { room } } }));
      this.#loaded.add(room);
      this.keeping.pins.set(room, pins);
    } catch {
      this.#loaded.delete(room);
    }
  }

  hear(event: DurableEvent): void {
    if ((event.type !== "notice" && event.type !== "message") || !this.#loaded.has(event.room)) return;
    if (event.type === "notice" && (event.kind === "pinned" || event.kind === "unpinned")) void this.load(event.room);
    if (event.type !== "message") return;
    const pins = this.keeping.pins.of(event.room);
    if (!pins.some(({ message }) => message.seq === event.seq)) return;
    // Edited, unpinned or deleted.
    const message = messageOf(event);
    const changed = pins.map((pin) => (pin.message.seq === message.seq ? { ...pin, message } : pin));
    this.keeping.pins.set(
      event.room,
      changed.filter((pin) => pin.message.pinned === true),
    );
  }
}
