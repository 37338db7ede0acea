/** What one may do in a room: for what is offered. The server decides. */
import type { Room } from "../api/shapes";

/** Something can be written there, and done to its messages. */
export function isOpen(room: Room): boolean {
  return room.archived_at == null;
}

/** One may delete what others wrote. */
export function moderates(room: Room): boolean {
  return room.kind !== "direct" && (room.me?.rank === "owner" || room.me?.rank === "moderator");
}
