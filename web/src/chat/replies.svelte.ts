/**
 * The replies of the thread that is open: fetched a page at a time from its beginning, and kept as they come and change,
 * wherever in its history the room itself is looked at.
 */
import { answer, http } from "../api/http";
import type { DurableEvent, Message } from "../api/shapes";

const PAGE = 100;

export class Replies {
  /** By their number. */
  all = $state.raw<ReadonlyMap<number, Message>>(new Map());
  hasMore = $state(false);
  failed = $state(false);
  loaded = $state(false);
  /** The last one of the pages that were fetched: what came live may be further on. */
  #paged = 0;
  readonly #asking = new Set<number>();

  constructor(
    readonly room: number,
    readonly seq: number,
    private readonly came: (message: Message) => void,
  ) {}

  /** The next page. */
  async more(): Promise<void> {
    await this.#fetch(this.#paged);
  }

  /** Changes may have been missed: all that is shown is asked for anew. */
  async refresh(): Promise<void> {
    const until = this.#paged;
    let after = 0;
    do after = await this.#fetch(after);
    while (after > 0 && after < until);
  }

  hear(event: DurableEvent): void {
    if (event.type === "message") this.note(event);
    else if (event.type === "reaction" && event.room === this.room && this.all.has(event.seq))
      void this.#ask(event.seq);
  }

  note(message: Message): void {
    if (message.room !== this.room || message.reply_to !== this.seq) return;
    this.#put([message]);
  }

  /** The last of the page; 0 when it could not be had, or is the end. */
  async #fetch(after: number): Promise<number> {
    const params = { path: { room: this.room, seq: this.seq }, query: { after, limit: PAGE } };
    try {
      const page = await answer(http.GET("/api/rooms/{room}/messages/{seq}/replies", { params }));
      this.#put(page.messages);
      const last = page.messages.at(-1)?.seq ?? 0;
      if (last >= this.#paged) {
        this.#paged = last;
        this.hasMore = page.has_more;
      }
      this.failed = false;
      return page.has_more ? last : 0;
    } catch {
      this.failed = true;
      return 0;
    } finally {
      this.loaded = true;
    }
  }

  async #ask(seq: number): Promise<void> {
    if (this.#asking.has(seq)) return;
    this.#asking.add(seq);
    try {
      const params = { path: { room: this.room, seq } };
      this.#put([await answer(http.GET("/api/rooms/{room}/messages/{seq}", { params }))]);
    } catch {
      // Asked for again when the connection is back.
    } finally {
      this.#asking.delete(seq);
    }
  }

  #put(messages: readonly Message[]): void {
    const all = new Map(this.all);
    for (const message of messages) {
      this.came(message);
      const known = all.get(message.seq);
      if (known === undefined || message.version >= known.version) all.set(message.seq, message);
    }
    this.all = all;
  }
}
