/** What is in the database of a browser. */
import type { DBSchema } from "idb";
import type { Held } from "../entities/message";
import type { RoomState } from "../entities/room";
import type { Command } from "../outbox/commands";
import type { Outgoing } from "../outbox/outbox";

export interface Draft {
  /** The room, and where in it: see `drafts.svelte.ts`. */
  readonly key: string;
  readonly room: number;
  readonly text: string;
  readonly replyTo: number | null;
  /** The message that is being edited in this place instead; what becomes of it is a draft of its own. */
  readonly editing: number | null;
  /** When it was typed, by the server's clock: milliseconds since 1970. An edit has none, it stays on this device. */
  readonly at?: number;
  /** The `at` up to which the server has it. */
  readonly synced?: number;
}

/** A room as last seen, and which of its messages are kept: all that it shows from `from` to `to`, none when `to` is less. */
export interface KeptRoom extends Omit<RoomState, "seats"> {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  /** How many messages the room shows from `from` to `to`; without it, there are no others. */
  readonly count?: number;
}

export interface KeptMessage extends Held {
  readonly room: number;
  readonly seq: number;
}

/** What is to be written of a room: only what is another than before. */
export interface RoomChange {
  readonly id: number;
  /** `null`: the room goes. */
  readonly room: KeptRoom | null;
  readonly messages: readonly KeptMessage[];
  /** The messages that go. */
  readonly gone: readonly number[];
}

export interface Schema extends DBSchema {
  /** All that waits for the server. */
  outbox: { key: string; value: Outgoing | Command };
  drafts: { key: string; value: Draft };
  rooms: { key: number; value: KeptRoom };
  messages: { key: [room: number, seq: number]; value: KeptMessage };
}
