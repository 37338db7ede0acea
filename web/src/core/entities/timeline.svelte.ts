/** The history of one room as it is looked at: which window of it is held, and fetching more at either end. */
import { answer, http } from "../../api/http";
import type { Message, Page } from "../../api/shapes";
import type { Held } from "./message";
import type { MessageView } from "./message-view";
import type { RoomStore } from "./room-store.svelte";
import { isThreadOnly } from "./message";
import { advanced, fitted, keeps, opened, openedAtEnd, shortened, withNewer, withOlder, type Window } from "./window";

const PAGE = 100;

type Place = { readonly around: number } | { readonly since: string } | Record<string, never>;

/** What a timeline needs of the rooms. */
export interface TimelineRooms {
  get(room: number): RoomStore | undefined;
  /** A page of history has come: who is named in it becomes known. */
  noteNamed(page: Page): void;
  /** Other messages of the room are held. */
  heldChanged(room: number): void;
}

export class Timeline {
  window = $state.raw<Window | null>(null);
  /** The first message that was new when one came in; the line above it stays while one is here. */
  newFrom = $state<number | null>(null);
  loading = $state<"no" | "all" | "older" | "newer">("no");
  failed = $state(false);
  /** A message to be brought into view, once it is there. `at` tells one wish from the next. */
  target = $state.raw<{ seq: number; at: number; mark: boolean } | null>(null);

  #again: () => Promise<unknown> = () => Promise.resolve();
  /** Pages that are asked for. What comes meanwhile may be missing in them: it is held until they are there. */
  #asked = 0;
  #view: { readonly store: RoomStore; readonly view: MessageView } | null = null;

  constructor(
    readonly room: number,
    private readonly rooms: TimelineRooms,
  ) {}

  /** Come in: at a message, where one left off, or at the end. */
  async enter(seq: number | null): Promise<void> {
    const me = this.rooms.get(this.room)?.room.me;
    this.newFrom = me != null && me.unread > 0 ? me.read_seq + 1 : null;
    if (seq !== null) await this.jump(seq);
    else if (this.newFrom !== null) await this.jump(this.newFrom, false);
    else if (this.window?.live !== true) await this.end();
  }

  /** The last messages. */
  async end(): Promise<void> {
    if (this.window?.live !== true) await this.#load({});
    this.#aim(this.window?.to ?? 0, false);
  }

  /** A message, in the middle of what is around it. */
  async jump(seq: number, mark = true): Promise<void> {
    const window = this.window;
    if (window === null || seq < window.from || seq > window.to) await this.#load({ around: seq });
    this.#aim(seq, mark);
  }

  /** The first message of a day, or the next there is. */
  async jumpToDay(day: Date): Promise<void> {
    const page = await this.#load({ since: day.toISOString() });
    const found = page?.messages.find((message) => Date.parse(message.at) >= day.getTime()) ?? page?.messages.at(-1);
    if (found !== undefined) this.#aim(found.seq, true);
  }

  async older(): Promise<void> {
    const window = this.window;
    if (window === null || window.from <= 1 || this.loading !== "no") return;
    await this.#fetch(
      "older",
      { before: window.from },
      (page) => this.#fitted(withOlder(window, page), "new"),
      () => this.older(),
    );
  }

  async newer(): Promise<void> {
    const window = this.window;
    if (window === null || window.live || this.loading !== "no") return;
    await this.#fetch(
      "newer",
      { after: window.to },
      (page, last) => this.#fitted(withNewer(window, page, last), "old"),
      () => this.newer(),
    );
  }

  /** Something came. `atEnd`: one looks at the end, so the oldest part can go. */
  grown(atEnd: boolean): void {
    const store = this.rooms.get(this.room);
    if (this.window !== null && store !== undefined) {
      const next = advanced(this.window, (seq) => store.isAt(seq));
      if (next !== this.window) this.window = atEnd ? shortened(next, seqsOf(store, next)) : next;
    }
    this.#trim();
  }

  /** Nothing of what was held is of use any more. */
  async restart(): Promise<void> {
    const window = this.window;
    if (window === null) return;
    if (window.live) {
      this.letGo();
      await this.end();
    } else await this.#load({ around: Math.floor((window.from + window.to) / 2) });
  }

  /** Fetch once more what could not be fetched. */
  async again(): Promise<void> {
    if (!this.failed) return;
    this.failed = false;
    await this.#again();
  }

  /** What the browser kept. */
  restore(window: Window, messages: ReadonlyMap<number, Held>): void {
    const store = this.rooms.get(this.room);
    if (store === undefined) return;
    store.restore(messages, this.#viewOf(store));
    this.window = window;
  }

  /** It holds nothing any more. */
  letGo(): void {
    this.window = null;
    this.#view?.store.endView(this.#view.view);
    this.#view = null;
    this.rooms.get(this.room)?.trim(null);
  }

  async #load(place: Place): Promise<Page | null> {
    let found: Page | null = null;
    const next = (page: Page, last: number): Window => {
      found = page;
      return "around" in place || "since" in place ? opened(page, this.#last()) : openedAtEnd(page, last);
    };
    await this.#fetch("all", place, next, () => this.#load(place));
    return found;
  }

  async #fetch(
    what: "all" | "older" | "newer",
    place: { before?: number; after?: number; around?: number; since?: string },
    next: (page: Page, last: number) => Window,
    again: () => Promise<unknown>,
  ): Promise<void> {
    this.loading = what;
    this.#asked += 1;
    // All up to there was sent before the server answers.
    const last = this.#last();
    const before = this.rooms.get(this.room);
    if (before !== undefined) this.#viewOf(before);
    let page: Page | null = null;
    try {
      const query = { ...place, limit: PAGE, threads: "apart" as const };
      page = await answer(http.GET("/api/rooms/{room}/messages", { params: { path: { room: this.room }, query } }));
    } catch {
      this.#again = again;
    }
    this.#asked -= 1;
    this.failed = page === null;
    if (page !== null) {
      this.rooms.noteNamed(page);
      const store = this.rooms.get(this.room);
      store?.putPage(page, this.#viewOf(store));
      this.window = next(page, last);
      this.grown(false);
      this.rooms.heldChanged(this.room);
    } else this.#trim();
    if (this.#asked === 0) this.loading = "no";
  }

  /** Its view of the room; another one when the room was lost and has come back. */
  #viewOf(store: RoomStore): MessageView {
    if (this.#view?.store !== store) {
      this.#view = { store, view: store.view({ wants: (seq, message) => this.#wants(seq, message) }) };
    }
    return this.#view.view;
  }

  #wants(seq: number, message: Message | null): boolean {
    if (message !== null && isThreadOnly(message)) return false;
    return this.#asked > 0 || keeps(this.window, seq);
  }

  /** The message is to be brought into view, or where it would stand the next that the room shows. */
  #aim(seq: number, mark: boolean): void {
    const store = this.rooms.get(this.room);
    if (store === undefined || this.window === null) return;
    const seqs = seqsOf(store, this.window);
    const found = seqs.find((other) => other >= seq) ?? seqs.at(-1);
    if (found !== undefined) this.target = { seq: found, at: performance.now(), mark };
  }

  #fitted(window: Window, end: "new" | "old"): Window {
    const store = this.rooms.get(this.room);
    return store === undefined ? window : fitted(window, seqsOf(store, window), end);
  }

  #trim(): void {
    const store = this.rooms.get(this.room);
    if (store === undefined || this.#asked > 0) return;
    this.#viewOf(store).sweep((seq) => keeps(this.window, seq));
    store.trim(this.window);
  }

  #last(): number {
    return this.rooms.get(this.room)?.room.seq ?? 0;
  }
}

function seqsOf(store: RoomStore, { from, to, live }: Window): number[] {
  return store.inRoom(from, live ? Infinity : to).map(({ seq }) => seq);
}
