/** Events of rooms that are not known yet: the room is asked for, and what came meanwhile is applied then. */
import { Refused } from "../../api/http";
import type { DurableEvent } from "../../api/shapes";

/** Milliseconds before a room that could not be asked for is asked for again. */
const AGAIN = 2_000;

export class RoomLookup {
  /** Rooms that are asked for, with what came meanwhile. */
  readonly #waiting = new Map<number, DurableEvent[]>();
  #stopped = false;

  /** `ask` raises what `answer` raises. `found`: the room is there, and its events. */
  constructor(
    private readonly ask: (room: number) => Promise<void>,
    private readonly found: (room: number, events: readonly DurableEvent[]) => void,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  learn(id: number, event: DurableEvent): void {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.push(event);
      return;
    }
    if (event.type === "room" && event.deleted === true) return;
    const events = [event];
    this.#waiting.set(id, events);
    void this.#learn(id, events);
  }

  /** Brought into many rooms at once one asks for many: what is too much for the line or a limit is asked for again. */
  async #learn(id: number, events: readonly DurableEvent[]): Promise<void> {
    try {
      while (!this.#stopped && !(await this.#asked(id)));
    } finally {
      this.#waiting.delete(id);
    }
    this.found(id, events);
  }

  /** Whether there is an answer. */
  async #asked(id: number): Promise<boolean> {
    try {
      await this.ask(id);
      return true;
    } catch (problem) {
      if (problem instanceof Refused && !["rate_limited", "unavailable"].includes(problem.code)) return true;
      const wait = problem instanceof Refused ? (problem.retry_after ?? 0) * 1000 : 0;
      await new Promise((done) => setTimeout(done, Math.max(AGAIN, wait) * (1 + Math.random())));
      return false;
    }
  }
}
