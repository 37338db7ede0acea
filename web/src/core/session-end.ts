/** The ways in which a session ends: the user signed out here or in another tab, or the server ended it. */
import { answer, http } from "../api/http";
import { forget, type Kept } from "./persistence/database";
import type { Drafts } from "./persistence/drafts.svelte";
import { takeLast } from "./persistence/last-drafts";
import type { RoomCache } from "./persistence/room-cache";
import type { Tabs } from "./persistence/tabs";

interface Parts {
  readonly drafts: Drafts;
  readonly cache: RoomCache;
  readonly tabs: Tabs;
  readonly stop: () => void;
  readonly ended: () => void;
}

export class SessionEnd {
  #signingOut = false;
  /** The server has ended the session. */
  #over = false;

  constructor(
    private readonly me: number,
    private readonly kept: Kept,
    private readonly parts: Parts,
  ) {}

  /** Nothing of the user stays in this browser. Raises what `answer` raises. */
  async signOut(): Promise<void> {
    // The server ends the connection too, perhaps before it answers: the session has not expired by that.
    this.#signingOut = true;
    try {
      await answer(http.POST("/api/logout"));
    } catch (problem) {
      this.#signingOut = false;
      if (this.#over) this.expired();
      throw problem;
    }
    this.parts.tabs.tell({ what: "signed out" });
    this.parts.stop();
    takeLast(this.me);
    await forget(this.me);
    this.parts.ended();
  }

  signedOutElsewhere(): void {
    this.parts.stop();
    this.parts.ended();
  }

  /**
   * The session ended, but the user did not sign out here. What was said in the rooms goes; what one has written and not got
   * through yet stays for when one signs in again.
   */
  expired(): void {
    this.#over = true;
    if (this.#signingOut) return;
    this.parts.drafts.save();
    this.parts.cache.stop();
    void this.kept.forgetRooms().catch(() => undefined);
    this.parts.stop();
    this.parts.ended();
  }
}
