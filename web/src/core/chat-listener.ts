import type { Refused } from "../api/http";
import type { MessageEvent, Room } from "../api/shapes";
import type { KeptListener } from "./sync/keeping";

/** What the page does when something happens in a chat. */
export interface ChatListener extends KeptListener {
  readonly ended: () => void;
  readonly came: (room: Room, message: MessageEvent) => void;
  /** An edit or a reaction was refused for good. */
  readonly refused: (problem: Refused) => void;
}
