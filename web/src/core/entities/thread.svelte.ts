/**
 * A thread that is open: the message it is about, and a stretch of the replies to it, fetched a page at a time at either end.
 * It is a view of the room: what comes and changes is seen here wherever in its history the room itself is looked at.
 */
import { answer, http, Refused } from "../../api/http";
import type { Message, ThreadReader } from "../../api/shapes";
import type { MessageCell } from "./message-cell.svelte";
import type { MessageView } from "./message-view";
import type { RoomStore } from "./room-store.svelte";

const PAGE = 50;

/** The stretch that is held: all replies from `from` to `to` without a hole. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

const NONE: Stretch = { from: Infinity, to: -1 };

export class Thread {
  /** The message that the replies are about. */
  readonly root: MessageCell;
  /** Those of the stretch, in their order. */
  replies = $state.raw<readonly MessageCell[]>([]);
  /** One's own place in it; null for who is not in the room, and until it is known. */
  me = $state.raw<ThreadReader | null>(null);
  /** The first reply that was new when one came in. */
  newFrom = $state<number | null>(null);
  loading = $state(false);
  failed = $state(false);
  loaded = $state(false);
  /** There is no such thread, or one may not read it. */
  missing = $state(false);
  #stretch = $state.raw(NONE);
  /** Pages that are asked for. What comes meanwhile may be missing in them: it is held until they are there. */
  #asked = 0;
  #again: () => Promise<unknown> = () => Promise.resolve();
  readonly #view: MessageView;

  /** `came`: called with what was fetched. */
  constructor(
    private readonly store: RoomStore,
    readonly seq: number,
    private readonly came: (message: Message) => void,
    private readonly most = PAGE,
  ) {
    this.#view = store.view({
      wants: (other, message) =>
        other === seq || (message?.thread?.root === seq && (this.#asked > 0 || this.#isIn(other))),
      added: (cell) => this.#added(cell),
    });
    this.root = store.cell(seq);
    this.#view.hold(this.root);
  }

  get room(): number {
    return this.store.id;
  }

  get hasOlder(): boolean {
    return this.#stretch.from > 0;
  }

  get hasNewer(): boolean {
    return this.#stretch.to < Infinity;
  }

  /** The last reply there is, as far as is known. */
  get last(): number {
    return Math.max(this.root.shown?.thread?.last ?? 0, this.replies.at(-1)?.seq ?? 0);
  }

  /** Come in: at a reply, at the first one that is new, or at the end. */
  async enter(at: number | null): Promise<void> {
    if (at !== null && at > this.seq) {
      await this.#around(at);
      return;
    }
    const page = await this.#fetch({}, (found, more) => ({ from: more ? first(found) : 0, to: Infinity }));
    if (page === null) this.#again = () => this.enter(at);
    const { me } = this;
    this.newFrom = me?.following === true && me.unread > 0 ? me.read_seq + 1 : null;
    if (this.newFrom !== null && this.newFrom < this.#stretch.from && page !== null) await this.#around(this.newFrom);
  }

  /** The replies before those that are held. */
  async older(): Promise<void> {
    const { from } = this.#stretch;
    if (this.loading || from <= 0) return;
    const place = from === Infinity ? {} : { before: from };
    this.#again = () => this.older();
    await this.#fetch(place, (found, more) => ({ ...this.#stretch, from: more ? first(found) : 0 }));
  }

  /** The replies after those that are held. */
  async newer(): Promise<void> {
    const { to } = this.#stretch;
    if (this.loading || to === Infinity) return;
    this.#again = () => this.newer();
    await this.#fetch({ after: to }, (found, more) => ({ ...this.#stretch, to: more ? last(found, to) : Infinity }));
  }

  /** Fetch once more what could not be fetched. */
  async again(): Promise<void> {
    this.failed = false;
    await this.#again();
  }

  /** Changes may have been missed: all that is held is asked for anew. */
  async refresh(): Promise<void> {
    if (!this.loaded) return this.enter(null);
    const until = this.replies.at(-1)?.seq ?? 0;
    let after: number | null = (this.replies[0]?.seq ?? 1) - 1;
    // What came since is more than one page, perhaps: then the rest is a page of its own.
    while (after !== null) {
      const from: number = after;
      const page: Message[] | null = await this.#fetch({ after: from }, (found, more) => ({
        ...this.#stretch,
        to: more && last(found, from) >= until ? last(found, from) : more ? this.#stretch.to : Infinity,
      }));
      if (page === null || page.length === 0 || !this.#isMore) break;
      after = last(page, from) < until ? last(page, from) : null;
    }
  }

  /** As done here, or on another device. */
  marked({ following, read_seq }: { following: boolean; read_seq: number }): void {
    if (this.me === null) return;
    const counts = !following || read_seq >= this.last ? { unread: 0, mentions: 0 } : {};
    this.me = { ...this.me, ...counts, following, read_seq: Math.max(read_seq, this.me.read_seq) };
  }

  close(): void {
    this.store.endView(this.#view);
  }

  #isMore = false;

  /** A stretch with a reply in its middle. */
  async #around(at: number): Promise<void> {
    this.#again = () => this.#around(at);
    const from = Math.max(this.seq, at - 1);
    const after = await this.#fetch({ after: from }, (found, more) => ({
      from: from + 1,
      to: more ? last(found, from) : Infinity,
    }));
    if (after !== null) await this.older();
  }

  /** The page, and the stretch that is held then; null when it could not be had. */
  async #fetch(
    place: { before?: number; after?: number },
    next: (found: readonly Message[], hasMore: boolean) => Stretch,
  ): Promise<Message[] | null> {
    const params = { path: { room: this.room, seq: this.seq }, query: { ...place, limit: this.most } };
    this.loading = true;
    this.#asked += 1;
    let found: Message[] | null = null;
    try {
      const page = await answer(http.GET("/api/rooms/{room}/messages/{seq}/thread", { params }));
      found = page.messages;
      this.#isMore = page.has_more;
      this.me = page.me ?? null;
      for (const message of [page.root, ...found]) {
        this.came(message);
        this.store.put(message, this.#view);
      }
      this.#stretch = next(found, page.has_more);
      this.failed = false;
      this.loaded = true;
    } catch (problem) {
      this.failed = true;
      this.missing = problem instanceof Refused && problem.status === 404;
    }
    this.#asked -= 1;
    if (this.#asked === 0) {
      this.loading = false;
      this.#sweep();
    }
    return found;
  }

  #isIn(seq: number): boolean {
    return seq >= this.#stretch.from && seq <= this.#stretch.to;
  }

  /** Without what came while pages were on their way, and is outside of them. */
  #sweep(): void {
    this.#view.sweep((seq) => seq === this.seq || this.#isIn(seq));
    if (this.replies.some(({ seq }) => !this.#isIn(seq))) {
      this.replies = this.replies.filter(({ seq }) => this.#isIn(seq));
    }
  }

  #added(cell: MessageCell): void {
    if (cell.seq === this.seq) return;
    const before = this.replies.findLastIndex(({ seq }) => seq < cell.seq);
    this.replies = this.replies.toSpliced(before + 1, 0, cell);
  }
}

function first(found: readonly Message[]): number {
  return found[0]?.seq ?? 0;
}

function last(found: readonly Message[], before: number): number {
  return found.at(-1)?.seq ?? before;
}
