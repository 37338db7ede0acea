/** Where a message's thread is: its own, or the one that it is a reply in, at that reply. */
import type { Message } from "../api/shapes";
import type { Place } from "../core/navigation/route.svelte";

export function threadPlace({ room, seq, thread }: Message): Partial<Place> {
  const root = thread?.root ?? null;
  return root === null ? { room, panel: "thread", thread: seq } : { room, panel: "thread", thread: root, seq };
}
