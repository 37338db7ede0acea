/**
 * One's rooms in the order of `byAttention`, kept as they change: a change moves one room, whatever their number.
 *
 * Beside the order stand the sums that the page's title tells.
 */
import type { Room } from "../../api/shapes";
import { byAttention, call, meantForMe } from "./unread";

/** Past this many changes at once, sorting all anew costs less. */
const MANY = 64;

export class RoomOrder {
  #held = new Map<number, Room>();
  #sorted: Room[] = [];
  /** How the rooms stand in `#sorted`, where that is not how they are held. */
  readonly #stale = new Map<number, Room | null>();
  #forMe = 0;
  #mentions = 0;
  #unread = 0;

  /** The room as it is now; `null`: it is none of one's own any more. Whether anything changed that is told here. */
  put(id: number, room: Room | null): boolean {
    const before = this.#held.get(id) ?? null;
    if (before === room) return false;
    if (room === null) this.#held.delete(id);
    else this.#held.set(id, room);
    this.#add(before, -1);
    this.#add(room, 1);
    if (!this.#stale.has(id)) this.#stale.set(id, before);
    return before === null || room === null || !tellsTheSame(before, room);
  }

  /** By attention, the archived ones too. */
  rooms(): readonly Room[] {
    if (this.#stale.size > MANY) {
      this.#sorted = [...this.#held.values()].sort(byAttention);
    } else if (this.#stale.size > 0) {
      for (const before of this.#stale.values()) {
        if (before !== null) this.#sorted.splice(this.#placeOf(before), 1);
      }
      for (const id of this.#stale.keys()) {
        const now = this.#held.get(id);
        if (now !== undefined) this.#sorted.splice(this.#placeOf(now), 0, now);
      }
    }
    this.#stale.clear();
    return this.#sorted;
  }

  /**
   * How many messages are for the user, how many of them mention the user, and whether anything else is new: in all rooms
   * that are not archived.
   */
  summary(): { readonly forMe: number; readonly mentions: number; readonly unread: boolean } {
    return { forMe: this.#forMe, mentions: this.#mentions, unread: this.#unread > 0 };
  }

  #add(room: Room | null, by: 1 | -1): void {
    if (room?.me == null || room.me.archived) return;
    this.#forMe += by * meantForMe(room);
    this.#mentions += by * room.me.mentions;
    if (call(room) === 2) this.#unread += by;
  }

  /** Where the room stands, or would: the first place whose room does not come before it. */
  #placeOf(room: Room): number {
    let from = 0;
    let to = this.#sorted.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#sorted[middle];
      if (other !== undefined && byAttention(other, room) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function tellsTheSame(one: Room, other: Room): boolean {
  return (
    byAttention(one, other) === 0 &&
    meantForMe(one) === meantForMe(other) &&
    one.me?.mentions === other.me?.mentions &&
    one.me?.archived === other.me?.archived
  );
}
