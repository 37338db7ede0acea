/** Saved messages, scheduled ones and drafts, as the server has them: read at each connection, and again when the user's stream says so. */
import type { DurableEvent, EntryEvent } from "../../api/shapes";
import type { Draft } from "../persistence/schema";
import { DraftSync } from "./draft-sync";
import type { Keeping } from "./keeping";
import { PinsSync } from "./pins-sync";
import { SavedSync } from "./saved-sync";
import { ScheduledSync } from "./scheduled-sync";

export class KeptSync {
  readonly pins: PinsSync;
  readonly #drafts: DraftSync;
  readonly #saved: SavedSync;
  readonly #scheduled: ScheduledSync;

  constructor(private readonly keeping: Keeping) {
    this.pins = new PinsSync(keeping);
    this.#drafts = new DraftSync(keeping);
    this.#saved = new SavedSync(keeping);
    this.#scheduled = new ScheduledSync(keeping);
  }

  connected(): void {
    void this.#drafts.connected();
    this.#saved.changed();
    this.#scheduled.changed();
  }

  entry({ kind, room, seq }: EntryEvent): void {
    if (kind === "draft") this.#drafts.changed(room ?? 0, seq ?? 0);
    else if (kind === "scheduled") this.#scheduled.changed();
    else this.#saved.changed();
  }

  hear(event: DurableEvent): void {
    this.pins.hear(event);
    // What is saved in a room is listed while one may read it: one has come back, or has lost it.
    if (event.type === "member" && event.user.id === this.keeping.me) this.#saved.changed();
  }

  draft(draft: Draft): void {
    this.#drafts.typed(draft);
  }

  stop(): void {
    this.#drafts.stop();
    this.#saved.stop();
    this.#scheduled.stop();
  }
}
