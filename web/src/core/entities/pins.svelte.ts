/** The pinned messages of rooms that were looked at, the one pinned last first. */
import { SvelteMap } from "svelte/reactivity";
import type { Pin } from "../../api/shapes";

const NONE: readonly Pin[] = [];

export class Pins {
  readonly #of = new SvelteMap<number, readonly Pin[]>();

  of(room: number): readonly Pin[] {
    return this.#of.get(room) ?? NONE;
  }

  set(room: number, pins: readonly Pin[]): void {
    this.#of.set(room, pins);
  }
}
