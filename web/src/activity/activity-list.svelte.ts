/** What others did that concerns oneself, of one kind: the latest pages of it. */
import { answer, http } from "../api/http";
import type { ActivityPage, Message } from "../api/shapes";

export type Kind = "mentions" | "reactions";
export type Item = ActivityPage["activity"][number];

export class ActivityList {
  items = $state.raw<readonly Item[]>([]);
  loaded = $state(false);
  failed = $state(false);
  #next = $state<number | null>(null);

  /** `came`: called with each message that was fetched. */
  constructor(
    private readonly kind: Kind,
    private readonly came: (message: Message) => void,
  ) {}

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** The first page; what was fetched before stays below it, where it has not moved up. */
  async load(): Promise<void> {
    const page = await this.#page(null);
    if (page === null) return;
    const end = page.next ?? 0;
    const fresh = new Set(page.activity.map(keyOf));
    const rest = this.items.filter((item) => item.position < end && !fresh.has(keyOf(item)));
    if (rest.length === 0) this.#next = page.next ?? null;
    this.items = [...page.activity, ...rest];
  }

  async more(): Promise<void> {
    if (this.#next === null) return;
    const page = await this.#page(this.#next);
    if (page === null) return;
    this.#next = page.next ?? null;
    this.items = [...this.items, ...page.activity];
  }

  async #page(after: number | null): Promise<ActivityPage | null> {
    const query = { kind: this.kind, ...(after === null ? {} : { after }) };
    try {
      const page = await answer(http.GET("/api/activity", { params: { query } }));
      for (const { message } of page.activity) this.came(message);
      this.loaded = true;
      this.failed = false;
      return page;
    } catch {
      this.failed = true;
      return null;
    }
  }
}

export function keyOf({ room, message }: Item): string {
  return `${room}/${message.seq}`;
}
