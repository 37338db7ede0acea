/** The history of one room as it is looked at: which stretch of it is held, and fetching more at either end. */
import { answer, http } from "../api/http";
import type { Page } from "../api/shapes";
import { advanced, opened, shortened, withNewer, withOlder, type Window } from "../state/window";
import type { Rooms } from "./rooms.svelte";

const PAGE = 100;

type Place = { readonly around: number } | { readonly since: string } | Record<string, never>;

export class Timeline {
  window = $state.raw<Window | null>(null);
  /** The first message that was new when one came in; the line above it stays while one is here. */
  newFrom = $state<number | null>(null);
  loading = $state<"no" | "all" | "older" | "newer">("no");
  failed = $state(false);
  /** A message to be brought into view, once it is there. `at` tells one wish from the next. */
  target = $state.raw<{ seq: number; at: number; mark: boolean } | null>(null);

  #again: () => Promise<unknown> = () => Promise.resolve();

  constructor(
    readonly room: number,
    private readonly rooms: Rooms,
  ) {}

  /** Come in: at a message, where one left off, or at the end. */
  async enter(seq: number | null): Promise<void> {
    const state = this.rooms.get(this.room);
    const me = state?.room.me;
    this.newFrom = me != null && me.unread > 0 ? me.read_seq + 1 : null;
    if (seq !== null) await this.jump(seq);
    else if (this.newFrom !== null) await this.jump(this.newFrom, false);
    else if (this.window?.live !== true) await this.end();
  }

  /** The last messages. */
  async end(): Promise<void> {
    if (this.window?.live !== true) await this.#load({});
    const to = this.window?.to ?? 0;
    if (to > 0) this.target = { seq: to, at: performance.now(), mark: false };
  }

  /** A message, in the middle of what is around it. */
  async jump(seq: number, mark = true): Promise<void> {
    const window = this.window;
    if (window === null || seq < window.from || seq > window.to) await this.#load({ around: seq });
    this.target = { seq, at: performance.now(), mark };
  }

  /** The first message of a day, or the next there is. */
  async jumpToDay(day: Date): Promise<void> {
    const page = await this.#load({ since: day.toISOString() });
    const found = page?.messages.find((message) => Date.parse(message.at) >= day.getTime()) ?? page?.messages.at(-1);
    if (found !== undefined) this.target = { seq: found.seq, at: performance.now(), mark: true };
  }

  async older(): Promise<void> {
    const window = this.window;
    if (window === null || window.from <= 1 || this.loading !== "no") return;
    await this.#fetch(
      "older",
      { before: window.from },
      (page) => withOlder(window, page),
      () => this.older(),
    );
  }

  async newer(): Promise<void> {
    const window = this.window;
    if (window === null || window.live || this.loading !== "no") return;
    await this.#fetch(
      "newer",
      { after: window.to },
      (page) => withNewer(window, page, this.#last()),
      () => this.newer(),
    );
  }

  /** Something came. `atEnd`: one looks at the end, so the oldest part can go. */
  grown(atEnd: boolean): void {
    const state = this.rooms.get(this.room);
    if (this.window === null || state === undefined) return;
    const next = advanced(this.window, state);
    if (next === this.window) return;
    this.window = atEnd ? shortened(next) : next;
  }

  /** Nothing of what was held is of use any more. */
  async restart(): Promise<void> {
    const window = this.window;
    if (window === null) return;
    if (window.live) {
      this.window = null;
      await this.end();
    } else await this.#load({ around: Math.floor((window.from + window.to) / 2) });
  }

  /** Fetch once more what could not be fetched. */
  async again(): Promise<void> {
    if (!this.failed) return;
    this.failed = false;
    await this.#again();
  }

  async #load(place: Place): Promise<Page | null> {
    let found: Page | null = null;
    const next = (page: Page): Window => {
      found = page;
      const ends = !("around" in place || "since" in place);
      return ends ? { ...opened(page, 0), live: true } : opened(page, this.#last());
    };
    await this.#fetch("all", place, next, () => this.#load(place));
    return found;
  }

  async #fetch(
    what: "all" | "older" | "newer",
    place: { before?: number; after?: number; around?: number; since?: string },
    next: (page: Page) => Window,
    again: () => Promise<unknown>,
  ): Promise<void> {
    this.loading = what;
    try {
      const query = { ...place, limit: PAGE };
      const page = await answer(
        http.GET("/api/rooms/{room}/messages", { params: { path: { room: this.room }, query } }),
      );
      this.rooms.take(this.room, page);
      this.window = next(page);
      this.grown(false);
      this.rooms.trim(this.room, this.window);
      this.failed = false;
    } catch {
      this.failed = true;
      this.#again = again;
    } finally {
      this.loading = "no";
    }
  }

  #last(): number {
    return this.rooms.get(this.room)?.room.seq ?? 0;
  }
}
