/** What the server is called, and what one may do to all of it: asked at each connection. It decides; this shows buttons. */
import { answer, http } from "../api/http";
import { workspace } from "./workspace.svelte";

export class ServerInfo {
  admin = $state(false);
  canInvite = $state(false);

  /** What cannot be had now is asked for again at the next connection. */
  ask(): void {
    workspace.ask().catch(() => undefined);
    answer(http.GET("/api/session")).then(
      ({ admin, can_invite }) => {
        this.admin = admin;
        this.canInvite = can_invite;
      },
      () => undefined,
    );
  }
}
