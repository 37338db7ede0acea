/**
 * The threads that one follows, across rooms, and what of them is unread.
 *
 * The server tells the latest ones, and how many there are with unread replies; replies and what one does on other devices
 * carry that on. What these alone cannot tell (a reply in a thread that is not held, an unread one that was deleted) is asked
 * for.
 */
import { SvelteMap } from "svelte/reactivity";
import { answer, http, Refused } from "../../api/http";
import type { Message, ThreadReader } from "../../api/shapes";

const PAGE = 50;
/** Milliseconds in which questions about one thread are one question. */
const SOON = 200;

export interface Followed extends Pick<ThreadReader, "read_seq" | "unread" | "mentions"> {
  readonly room: number;
  readonly root: number;
  /** The last reply; 0 while there is none. */
  readonly last: number;
  readonly last_at: string;
}

export class FollowedThreads {
  readonly #all = new SvelteMap<string, Followed>();
  /** How many unread ones there are beside those that are held. */
  #beyond = $state(0);
  /** Where the next page of the list begins; null when all of it is held. */
  #next = $state<string | null>(null);
  loaded = $state(false);
  failed = $state(false);
  readonly #asking = new Map<string, ReturnType<typeof setTimeout>>();
  #stopped = false;
  readonly unread = $derived.by(() => this.#beyond + [...this.#all.values()].filter(({ unread }) => unread > 0).length);
  /** Unread replies that name one, of the threads that are held. */
  readonly mentions = $derived.by(() => [...this.#all.values()].reduce((sum, { mentions }) => sum + mentions, 0));

  /** `came`: called with each message that was fetched. */
  constructor(
    private readonly me: number,
    private readonly came: (message: Message) => void,
  ) {}

  get hasMore(): boolean {
    return this.#next !== null;
  }

  get(room: number, root: number): Followed | undefined {
    return this.#all.get(keyOf(room, root));
  }

  /** Those with replies, the latest reply first. */
  list(): Followed[] {
    return [...this.#all.values()]
      .filter(({ last }) => last > 0)
      .sort((one, other) =>
        one.last_at < other.last_at ? 1 : one.last_at > other.last_at ? -1 : other.last - one.last,
      );
  }

  /** A new connection: all of it is asked for anew. */
  async load(): Promise<void> {
    await this.#page(null);
  }

  /** The next page of the list. */
  async more(): Promise<void> {
    if (this.#next !== null) await this.#page(this.#next);
  }

  /** A message event: new, edited or deleted. */
  hear(message: Message): void {
    const { root } = message.thread ?? {};
    if (root == null) return;
    const known = this.get(message.room, root);
    if (known === undefined) {
      // An entry of the stream reports each thread that the user begins to follow. Threads that are not held are unknown here.
      if (this.#next !== null) this.#askSoon(message.room, root);
    } else if (message.seq <= known.last) {
      if (message.seq > known.read_seq) this.#askSoon(message.room, root);
    } else this.#put(this.#grown(known, message));
  }

  /** Whether one follows a thread, and how far one has read it: as done here, or on another device. */
  marked(room: number, root: number, { following, read_seq }: Pick<ThreadReader, "following" | "read_seq">): void {
    const known = this.get(room, root);
    if (!following) {
      this.#all.delete(keyOf(room, root));
    } else if (known === undefined) this.#askSoon(room, root);
    else if (read_seq >= known.last) this.#put({ ...known, read_seq, unread: 0, mentions: 0 });
    else if (read_seq > known.read_seq) this.#askSoon(room, root);
  }

  /** One is not in the room any more. */
  lost(room: number): void {
    for (const known of [...this.#all.values()]) if (known.room === room) this.#all.delete(keyOf(room, known.root));
    if (this.#next !== null) void this.load();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#asking.values()) clearTimeout(timer);
  }

  #grown(known: Followed, { seq, at, sender, deleted, mentions }: Message): Followed {
    const told = { ...known, last: seq, last_at: at };
    if (sender.id === this.me) return { ...told, read_seq: seq, unread: 0, mentions: 0 };
    if (deleted) return told;
    return { ...told, unread: known.unread + 1, mentions: known.mentions + (mentions.includes(this.me) ? 1 : 0) };
  }

  #put(followed: Followed): void {
    this.#all.set(keyOf(followed.room, followed.root), followed);
  }

  async #page(after: string | null): Promise<void> {
    const query = { limit: PAGE, ...(after === null ? {} : { after }) };
    try {
      const page = await answer(http.GET("/api/threads", { params: { query } }));
      if (this.#stopped) return;
      if (after === null) this.#all.clear();
      for (const { room, root, me } of page.threads) {
        this.came(root);
        this.#put(followedAs(room, root, me));
      }
      this.#next = page.next ?? null;
      this.#beyond = Math.max(0, page.unread - [...this.#all.values()].filter(({ unread }) => unread > 0).length);
      this.failed = false;
      this.loaded = true;
    } catch {
      // The line is bad: asked for again when it is good.
      this.failed = true;
    }
  }

  /** Several changes at once are one question. */
  #askSoon(room: number, root: number): void {
    const key = keyOf(room, root);
    if (this.#asking.has(key)) return;
    const ask = (): void => {
      this.#asking.delete(key);
      void this.#ask(room, root);
    };
    this.#asking.set(key, setTimeout(ask, SOON));
  }

  async #ask(room: number, root: number): Promise<void> {
    const params = { path: { room, seq: root }, query: { limit: 1 } };
    try {
      const page = await answer(http.GET("/api/rooms/{room}/messages/{seq}/thread", { params }));
      if (this.#stopped) return;
      const known = this.get(room, root);
      this.came(page.root);
      if (page.me?.following !== true) this.#all.delete(keyOf(room, root));
      // It was unread before perhaps, and counted beside those that are held.
      else if (known === undefined && this.#next !== null) await this.load();
      else if (known !== undefined && known.last > (page.root.thread?.last ?? 0)) this.#askSoon(room, root);
      else this.#put(followedAs(room, page.root, page.me));
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 404) this.#all.delete(keyOf(room, root));
      // Else the line is bad: all of it is asked for when it is good.
    }
  }
}

function followedAs(room: number, root: Message, me: ThreadReader): Followed {
  const { last = 0, last_at = "" } = root.thread ?? {};
  const { read_seq, unread, mentions } = me;
  return { room, root: root.seq, last: last ?? 0, last_at: last_at ?? "", read_seq, unread, mentions };
}

function keyOf(room: number, root: number): string {
  return `${room}/${root}`;
}
