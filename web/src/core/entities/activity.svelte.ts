/** How many are on line and how many are writing in a large room, where nobody is told by name. */
import { SvelteMap } from "svelte/reactivity";

export interface Counts {
  readonly online: number;
  readonly typing: number;
}

const NOTHING: Counts = { online: 0, typing: 0 };

export class Activity {
  readonly #rooms = new SvelteMap<number, Counts>();

  in(room: number): Counts {
    return this.#rooms.get(room) ?? NOTHING;
  }

  /** None on line ends it: the room is not large any more. */
  hear(room: number, counts: Counts): void {
    if (counts.online === 0 && counts.typing === 0) this.#rooms.delete(room);
    else this.#rooms.set(room, counts);
  }

  /** A new connection: the server tells anew. */
  forget(): void {
    this.#rooms.clear();
  }
}
