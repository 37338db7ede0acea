/** What the tabs of one browser tell each other. */
import type { Draft } from "./schema";

export type Notice =
  | { readonly what: "outbox" }
  | { readonly what: "draft"; readonly draft: Draft }
  | { readonly what: "room"; readonly room: number }
  | { readonly what: "signed out" };

export class Tabs {
  readonly #channel: BroadcastChannel | null;

  constructor(user: number, hear: (notice: Notice) => void) {
    this.#channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`hubbub-${user}`) : null;
    if (this.#channel !== null) this.#channel.onmessage = ({ data }) => hear(data as Notice);
  }

  tell(notice: Notice): void {
    this.#channel?.postMessage(notice);
  }

  close(): void {
    this.#channel?.close();
  }
}
