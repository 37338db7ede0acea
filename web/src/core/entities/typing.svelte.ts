/** Who is writing in which room. The server says when they stop; should that get lost, it ends by itself. */
import { SvelteMap } from "svelte/reactivity";

const ENDS_AFTER = 8_000;
const TELL_EVERY = 3_000;

export class Typing {
  readonly #rooms = new SvelteMap<number, readonly number[]>();
  readonly #ends = new Map<string, ReturnType<typeof setTimeout>>();
  #told: { room: number; at: number } | null = null;

  constructor(private readonly send: (room: number, on: boolean) => void) {}

  in(room: number): readonly number[] {
    return this.#rooms.get(room) ?? [];
  }

  hear(room: number, user: number, on: boolean): void {
    const key = `${room} ${user}`;
    clearTimeout(this.#ends.get(key));
    const others = this.in(room).filter((other) => other !== user);
    this.#rooms.set(room, on ? [...others, user] : others);
    if (on) {
      this.#ends.set(
        key,
        setTimeout(() => this.hear(room, user, false), ENDS_AFTER),
      );
    } else this.#ends.delete(key);
  }

  /** One writes oneself: told now and then, not with every key. */
  writing(room: number): void {
    const now = Date.now();
    if (this.#told?.room === room && now - this.#told.at < TELL_EVERY) return;
    this.#told = { room, at: now };
    this.send(room, true);
  }

  /** Whether one is shown as writing there oneself. */
  mine(room: number): boolean {
    return this.#told?.room === room;
  }

  /** One has stopped, wherever it was. */
  stopped(): void {
    const told = this.#told;
    this.#told = null;
    if (told !== null) this.send(told.room, false);
  }
}
