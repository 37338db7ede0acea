/** Your own membership of a room: muted, archived, marked as unread. Each raises what `answer` raises. */
import { answer, http } from "../../api/http";
import type { ReadMarkers } from "./read-markers";
import type { RoomSync } from "./room-sync";

export class OwnMembership {
  /** `changed`: the other tabs are told. */
  constructor(
    private readonly me: number,
    private readonly sync: RoomSync,
    private readonly markers: ReadMarkers,
    private readonly changed: (room: number) => void,
  ) {}

  async change(room: number, body: { muted?: boolean; archived?: boolean; marked_unread?: boolean }): Promise<void> {
    const params = { path: { room, user: this.me } };
    await answer(http.PATCH("/api/rooms/{room}/members/{user}", { params, body }));
    await this.sync.ask(room);
    this.changed(room);
  }

  /** The room one is in, though what it shows is on the screen. So it stays until one has gone and come back. */
  async markUnread(room: number): Promise<void> {
    this.markers.keepUnread(room);
    await this.change(room, { marked_unread: true });
  }
}
