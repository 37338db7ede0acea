/** Rooms by their names, for `#name` in messages. */
import { folded } from "../text/mentions";
import type { Rooms } from "./rooms.svelte";

export class RoomNames {
  /** As one text: it stays the same while rooms change in other ways, and nothing that shows names is drawn anew. */
  readonly #told = $derived.by(() =>
    JSON.stringify(
      this.rooms
        .states()
        .filter(({ room }) => room.kind !== "direct" && room.name != null)
        .map(({ room }) => [folded(room.name ?? ""), room.id]),
    ),
  );
  readonly #ids = $derived(new Map(JSON.parse(this.#told) as [string, number][]));

  constructor(private readonly rooms: Rooms) {}

  id(name: string): number | null {
    return this.#ids.get(folded(name)) ?? null;
  }
}
