/** Messages that are shown but not held, such as quoted ones: asked for one by one, and kept as they change. */
import { SvelteMap } from "svelte/reactivity";
import { answer, http } from "../api/http";
import type { DurableEvent, Message } from "../api/shapes";

/** More than are on any page. */
const MOST = 1_000;

export class Singles {
  readonly #known = new SvelteMap<string, Message>();
  readonly #asked = new Map<string, number>();
  /** Of what was asked for before a connection was lost, changes may have been missed. */
  #connection = $state(0);

  /** null as long as it is not known, or when it cannot be seen. */
  get(room: number, seq: number): Message | null {
    const key = `${room} ${seq}`;
    if (this.#asked.get(key) !== this.#connection) this.#ask(room, seq);
    return this.#known.get(key) ?? null;
  }

  hear(event: DurableEvent): void {
    if (event.type === "message") this.note(event);
    else if (event.type === "reaction" && this.#known.has(`${event.room} ${event.seq}`))
      this.#ask(event.room, event.seq);
  }

  reconnected(): void {
    this.#connection += 1;
  }

  #ask(room: number, seq: number): void {
    const key = `${room} ${seq}`;
    const connection = this.#connection;
    this.#asked.delete(key);
    this.#asked.set(key, connection);
    for (const first of this.#asked.keys()) {
      if (this.#asked.size <= MOST) break;
      this.#asked.delete(first);
      this.#known.delete(first);
    }
    const params = { path: { room, seq } };
    void answer(http.GET("/api/rooms/{room}/messages/{seq}", { params })).then(
      (message) => this.note(message),
      // Asked for again when it is next looked for.
      () => this.#asked.get(key) === connection && this.#asked.delete(key),
    );
  }

  note(message: Message): void {
    const key = `${message.room} ${message.seq}`;
    const known = this.#known.get(key);
    if (this.#asked.has(key) && (known === undefined || message.version >= known.version))
      this.#known.set(key, message);
  }
}
