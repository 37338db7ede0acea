/** The list of scheduled messages, read again as a whole when something of it changes. */
import { answer, http } from "../../api/http";
import type { Keeping } from "./keeping";

/** Milliseconds for which changes are gathered. */
const GATHER = 50;

export class ScheduledSync {
  /** The ids of those that one has been told have failed. */
  #told = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly keeping: Keeping) {}

  changed(): void {
    this.#timer ??= setTimeout(() => void this.#read(), GATHER);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    const { scheduled, listener } = this.keeping;
    try {
      scheduled.all = (await answer(http.GET("/api/scheduled"))).scheduled;
    } catch {
      return; // read again with the next connection
    }
    const failed = scheduled.failed().map(({ id }) => id);
    const fresh = failed.filter((id) => !this.#told.has(id));
    this.#told = new Set(failed);
    if (fresh.length > 0) listener.scheduleFailed(fresh.length);
  }
}
