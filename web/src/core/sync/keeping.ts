/** What the user keeps (pins, saved and scheduled messages, drafts), and who is notified of changes. */
import type { Pins } from "../entities/pins.svelte";
import type { Rooms } from "../entities/rooms.svelte";
import type { SavedMessages } from "../entities/saved.svelte";
import type { ScheduledMessages } from "../entities/scheduled.svelte";
import type { Drafts } from "../persistence/drafts.svelte";
import type { Draft } from "../persistence/schema";

export interface Keeping {
  /** The user's id. */
  readonly me: number;
  readonly rooms: Rooms;
  readonly pins: Pins;
  readonly saved: SavedMessages;
  readonly scheduled: ScheduledMessages;
  readonly drafts: Drafts;
  readonly isOpen: () => boolean;
  readonly listener: KeptListener;
}

export interface KeptListener {
  /** The reminders of these messages have come. */
  readonly reminded: (count: number) => void;
  /** So many scheduled messages were refused at their time. */
  readonly scheduleFailed: (count: number) => void;
  /** Text that was begun here and had to give way to what was typed later on another device. */
  readonly superseded: (draft: Draft) => void;
}
