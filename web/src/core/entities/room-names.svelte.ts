/** Rooms by their names: for `#name` in messages, and for those who search one. */
import { SvelteMap } from "svelte/reactivity";
import type { Room } from "../../api/shapes";
import { folded } from "../../text/mentions";
import { roomName } from "./room-name";

interface Called {
  /** As it is written behind `#`, or null: it cannot be. */
  readonly name: string | null;
  /** What is searched, in small letters. */
  readonly words: string;
  readonly from: Room;
}

export class RoomNames {
  /** What shows one name is drawn anew when the room of this name is another, and else never. */
  readonly #ids = new SvelteMap<string, number>();
  readonly #called = new Map<number, Called>();

  /** The room as it is now, or `null`: it is known no more. */
  put(id: number, room: Room | null): void {
    const before = this.#called.get(id);
    if (before !== undefined && room !== null && isCalledTheSame(before.from, room)) return;
    if (room === null) this.#called.delete(id);
    else this.#called.set(id, called(room));
    const name = this.#called.get(id)?.name ?? null;
    if (before?.name != null && before.name !== name && this.#ids.get(before.name) === id) this.#free(before.name);
    if (name !== null) this.#ids.set(name, id);
  }

  id(name: string): number | null {
    return this.#ids.get(folded(name)) ?? null;
  }

  /** Whether the room's name, or that of the other in it, holds each of the parts, which are in small letters. */
  fits(room: Room, parts: readonly string[]): boolean {
    const { words } = this.#called.get(room.id) ?? called(room);
    return parts.every((part) => words.includes(part));
  }

  /** Private rooms may have the same name: another one may have been hidden by it. */
  #free(name: string): void {
    this.#ids.delete(name);
    for (const [id, other] of this.#called) if (other.name === name) this.#ids.set(name, id);
  }
}

function called(room: Room): Called {
  const name = room.kind === "direct" || room.name == null ? null : folded(room.name);
  return { name, words: `${roomName(room)}\n${room.peer?.username ?? ""}`.toLowerCase(), from: room };
}

function isCalledTheSame(one: Room, other: Room): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.peer?.display_name === other.peer?.display_name &&
    one.peer?.username === other.peer?.username
  );
}
