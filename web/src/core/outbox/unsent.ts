/** What was refused for good, and what was begun in rooms that one is not in any more: no room shows it. */
import type { Rooms } from "../entities/rooms.svelte";
import type { Draft } from "../persistence/schema";
import type { EditCommand } from "./commands";
import type { Outbox, Outgoing } from "./outbox";

export interface Unsent {
  readonly refused: readonly Outgoing[];
  readonly edits: readonly EditCommand[];
  readonly left: readonly Draft[];
}

/** `begun`: the drafts, once it is known which rooms one is in. */
export function unsent(rooms: Rooms, outbox: Outbox, edits: readonly EditCommand[], begun: readonly Draft[]): Unsent {
  return {
    refused: outbox.filter((message) => message.state === "failed"),
    edits,
    left: begun.filter((draft) => rooms.get(draft.room)?.room.me == null),
  };
}
