/** Messages that are shown by themselves, such as quoted ones: asked for one by one when they are not held already. */
import { untrack } from "svelte";
import { answer, http } from "../../api/http";
import type { Message } from "../../api/shapes";
import type { MessageCell } from "../entities/message-cell.svelte";
import type { RoomStore } from "../entities/room-store.svelte";

interface Single {
  readonly store: RoomStore;
  readonly cell: MessageCell;
}

export class SingleMessages {
  readonly #shown = new Set<Single>();
  readonly #asking = new Set<MessageCell>();

  /** `came`: called with what was fetched. */
  constructor(private readonly came: (message: Message) => void) {}

  /** The message is shown until what this gives is called: so long it is held, and follows what is done to it. */
  show(store: RoomStore, cell: MessageCell): () => void {
    const single = { store, cell };
    this.#shown.add(single);
    store.keep(cell);
    cell.views += 1;
    // What becomes of it is no reason to show it anew.
    if (untrack(() => cell.held.given) === null) this.#ask(single);
    return () => {
      this.#shown.delete(single);
      cell.views -= 1;
      store.letGo(cell);
    };
  }

  /** A new connection. `told`: the rooms of which what was missed will follow. */
  reconnected(told: ReadonlySet<number>): void {
    for (const single of this.#shown) {
      if (single.cell.held.given === null || !told.has(single.store.id)) this.#ask(single);
    }
  }

  /** There are too many changes of the room to resume it. */
  missed(room: number): void {
    for (const single of this.#shown) if (single.store.id === room) this.#ask(single);
  }

  #ask(single: Single): void {
    const { store, cell } = single;
    if (this.#asking.has(cell)) return;
    this.#asking.add(cell);
    const params = { path: { room: store.id, seq: cell.seq } };
    void answer(http.GET("/api/rooms/{room}/messages/{seq}", { params }))
      .then(
        (message) => {
          this.came(message);
          store.put(message);
        },
        // It cannot be seen, or is asked for again with the next connection.
        () => undefined,
      )
      .finally(() => this.#asking.delete(cell));
  }
}
