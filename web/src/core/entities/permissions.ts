/** What one may do in a room: for what is offered. The server decides. */
import type { RoomMeta } from "./room-store.svelte";

/** Something can be written there, and done to its messages. */
export function isOpen(room: Pick<RoomMeta, "archived_at">): boolean {
  return room.archived_at == null;
}

/** One may pin messages: for everybody to find. */
export function mayPin(room: RoomMeta): boolean {
  if (room.rank === null || !isOpen(room)) return false;
  return room.kind !== "public" || room.rank !== "member";
}

/** One may delete what others wrote. */
export function moderates(room: RoomMeta): boolean {
  return room.kind !== "direct" && (room.rank === "owner" || room.rank === "moderator");
}
