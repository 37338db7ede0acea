/** What one keeps, the same on all devices: saved and scheduled messages, drafts. What does this is fetched after the first screen. */
import type { DurableEvent, EntryEvent } from "../../api/shapes";
import type { Draft } from "../persistence/schema";
import type { Keeping } from "./keeping";
import type { KeptSync } from "./kept-sync";

/** Milliseconds until it is tried again, without a network. */
const AGAIN = 5_000;
/** Milliseconds by which a clock that is right may seem to be wrong. */
const RIGHT = 5_000;

export class KeptOnDemand {
  #sync: KeptSync | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #room: number | null = null;

  constructor(private readonly keeping: Keeping) {}

  connected(serverTime: string): void {
    // The server's time is late by the network's delay: a difference below this is no error of the clock.
    const ahead = Date.parse(serverTime) - Date.now();
    this.keeping.drafts.ahead = Math.abs(ahead) < RIGHT ? 0 : ahead;
    if (this.#sync !== null) this.#sync.connected();
    else this.#load();
  }

  entry(event: EntryEvent): void {
    this.#sync?.entry(event);
  }

  hear(event: DurableEvent): void {
    this.#sync?.hear(event);
  }

  /** One looks at the room. */
  look(room: number): void {
    this.#room = room;
    void this.#sync?.pins.load(room);
  }

  draft(draft: Draft): void {
    this.#sync?.draft(draft);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#sync?.stop();
  }

  #load(): void {
    clearTimeout(this.#timer);
    import("./kept-sync").then(
      ({ KeptSync }) => {
        if (this.#stopped || this.#sync !== null) return;
        this.#sync = new KeptSync(this.keeping);
        this.#sync.connected();
        if (this.#room !== null) this.look(this.#room);
      },
      () => (this.#timer = setTimeout(() => this.#load(), AGAIN)),
    );
  }
}
