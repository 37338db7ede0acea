/** Several messages of one place that one has chosen, to do something to all of them. There is one selection at a time. */
import { SvelteMap } from "svelte/reactivity";
import type { Message } from "../../api/shapes";

/** A room, or the thread beside it. */
export interface SelectionPlace {
  readonly room: number;
  readonly inThread: boolean;
}

/** What is done to each of them is a call of its own. */
export const MOST_SELECTED = 100;

export class Selection {
  readonly #chosen = new SvelteMap<number, Message>();
  #anchor: number | null = null;

  constructor(readonly place: SelectionPlace) {}

  has(seq: number): boolean {
    return this.#chosen.has(seq);
  }

  /** In the order of the room. */
  messages(): Message[] {
    return [...this.#chosen.values()].sort((one, other) => one.seq - other.seq);
  }

  /** Choose it, or no longer. False if there are as many as there can be. */
  toggle(message: Message): boolean {
    this.#anchor = message.seq;
    if (this.#chosen.delete(message.seq)) return true;
    return this.#add(message);
  }

  /** Choose all from the one that was pressed last to this one. `held`: the messages of the place, in any order. */
  extend(to: Message, held: readonly Message[]): boolean {
    const from = this.#anchor ?? to.seq;
    const [first, last] = from < to.seq ? [from, to.seq] : [to.seq, from];
    const between = held.filter(({ seq, deleted }) => seq >= first && seq <= last && !deleted);
    // From the anchor on, so that it is the far end that is left out where there are too many.
    between.sort((one, other) => Math.abs(one.seq - from) - Math.abs(other.seq - from));
    return between.every((message) => this.#add(message));
  }

  drop(seq: number): void {
    this.#chosen.delete(seq);
  }

  #add(message: Message): boolean {
    if (this.#chosen.size >= MOST_SELECTED && !this.#chosen.has(message.seq)) return false;
    this.#chosen.set(message.seq, message);
    return true;
  }
}

let current = $state.raw<Selection | null>(null);

/** The selection in this place, if there is one. */
export function selectionIn(room: number, inThread: boolean): Selection | null {
  return current?.place.room === room && current.place.inThread === inThread ? current : null;
}

/** Choose it, or no longer; the first one begins a selection. */
export function toggleSelected(message: Message, inThread: boolean): void {
  if (message.deleted) return;
  const selection = selectionIn(message.room, inThread);
  if (selection === null) select(message, inThread);
  else selection.toggle(message);
}

export function select(message: Message, inThread: boolean): void {
  const selection = new Selection({ room: message.room, inThread });
  selection.toggle(message);
  current = selection;
}

export function endSelection(): void {
  current = null;
}
