/** One message of a room as a signal: a change of it concerns what shows this message, and nothing else. */
import type { Message, ReactionEvent } from "../../api/shapes";
import { NOTHING, withCounts, withMessage, withReaction, type Held } from "./message";

export class MessageCell {
  #held = $state.raw<Held>(NOTHING);
  /** The views that hold it. With none it is let go. */
  views = 0;

  constructor(
    readonly seq: number,
    held = NOTHING,
  ) {
    this.#held = held;
  }

  get held(): Held {
    return this.#held;
  }

  /** null as long as the message itself has not come. */
  get shown(): Message | null {
    return this.#held.shown;
  }

  take(message: Message): void {
    this.#held = withMessage(this.#held, message);
  }

  /** A reply in its thread. */
  replied(reply: Message): void {
    this.#held = withCounts(this.#held, reply);
  }

  react(event: ReactionEvent): void {
    this.#held = withReaction(this.#held, event);
  }
}
