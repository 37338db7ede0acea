/** The next room in a list from one on, round its ends; from its beginning or end where one is in none of them. */
import type { Room } from "../api/shapes";

export function nextRoom(
  rooms: readonly Room[],
  from: number | null,
  by: 1 | -1,
  isWanted: (room: Room) => boolean,
): Room | undefined {
  const at = rooms.findIndex(({ id }) => id === from);
  const order =
    by === 1
      ? [...rooms.slice(at + 1), ...rooms.slice(0, at + 1)]
      : [...rooms.slice(0, Math.max(at, 0)).reverse(), ...rooms.slice(Math.max(at, 0)).reverse()];
  return order.find(isWanted);
}
