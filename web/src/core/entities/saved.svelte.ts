/** What one has saved: the messages, the one saved last first. A row depends on its own entry alone. */
import { SvelteMap } from "svelte/reactivity";
import type { Message, Saved } from "../../api/shapes";

type Place = Pick<Message, "room" | "seq">;

export class SavedMessages {
  /** Null until the server has told them. */
  all = $state.raw<readonly Saved[] | null>(null);
  readonly #of = new SvelteMap<string, Saved>();

  of(message: Place): Saved | undefined {
    return this.#of.get(keyOf(message));
  }

  /** Those whose reminder has come, and that were not looked at since. */
  due(): readonly Saved[] {
    return (this.all ?? []).filter((one) => one.reminded_at != null);
  }

  set(all: readonly Saved[]): void {
    const here = new Set(all.map(keyOf));
    for (const key of [...this.#of.keys()]) if (!here.has(key)) this.#of.delete(key);
    for (const one of all) this.#of.set(keyOf(one), one);
    this.all = all;
  }

  put(saved: Saved): void {
    const others = (this.all ?? []).filter((one) => keyOf(one) !== keyOf(saved));
    this.set([...others, saved].sort((one, other) => (one.saved_at < other.saved_at ? 1 : -1)));
  }

  drop(place: Place): void {
    this.set((this.all ?? []).filter((one) => keyOf(one) !== keyOf(place)));
  }
}

function keyOf({ room, seq }: Place): string {
  return `${room} ${seq}`;
}
