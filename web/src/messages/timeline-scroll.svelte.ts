/**
 * What of a room's history is on the screen: keeps it in place whatever comes, fetches more near its ends, and notes what has
 * been read.
 *
 * What is measured lays out the page, unless that has been done since it changed. So it is measured once after rows have come:
 * at once where they move what is on the screen, for the scroll to be part of the same frame, and else when the frame has laid
 * them out, of which `ResizeObserver` tells.
 */
import { tick, untrack } from "svelte";
import type { Chat } from "../core/chat.svelte";
import type { RoomStore } from "../core/entities/room-store.svelte";
import type { Timeline } from "../core/entities/timeline.svelte";
import { ReadingPlace, ROW_TOGGLED } from "./reading-place";
import { RowGeometry } from "./row-geometry";

/** Pixels from an end within which one is there, and within which more is fetched. */
const AT_END = 24;
const NEAR = 1200;
/** Pixels of what was said before that are shown above where one left off. */
export const ABOVE = 128;
/** Milliseconds within which a frame comes, unless the rows are as high as those before. */
const FRAME = 100;

export class TimelineScroll {
  atEnd = $state(true);
  /** What is new begins above the screen. */
  newAbove = $state(false);
  /** One has moved about by hand since the page has put one somewhere. */
  byHand = false;
  #box: HTMLElement | null = null;
  #rows: RowGeometry | null = null;
  #place: ReadingPlace | null = null;
  #newRow: HTMLElement | undefined;
  #rowsChanged = false;
  #first = 0;
  #settles: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly chat: Chat,
    private readonly store: () => RoomStore | undefined,
    private readonly timeline: () => Timeline,
  ) {}

  /** `box` scrolls, `content` has the rows. Returns what ends it. */
  attach(box: HTMLElement, content: HTMLElement): () => void {
    const rows = new RowGeometry(content);
    [this.#box, this.#rows] = [box, rows];
    this.#place = new ReadingPlace(box, (top) => rows.firstBelow(top));
    // The window, the composer or a row changed its size, or rows have come.
    const watch = new ResizeObserver(() => this.scrolled());
    watch.observe(box);
    watch.observe(content);
    const toggled = (): void => this.#toggled();
    box.addEventListener(ROW_TOGGLED, toggled);
    return () => {
      watch.disconnect();
      box.removeEventListener(ROW_TOGGLED, toggled);
      rows.stop();
      clearTimeout(this.#settles);
      [this.#box, this.#rows, this.#place] = [null, null, null];
    };
  }

  rowOf(seq: number): HTMLElement | null {
    return this.#rows?.of(seq) ?? null;
  }

  allRows(): readonly HTMLElement[] {
    return this.#rows?.all() ?? [];
  }

  /** Rows have come, gone or changed, and are not laid out yet. `first`: where the window begins now. */
  changed(first: number): void {
    this.#rowsChanged = true;
    clearTimeout(this.#settles);
    const isMoved = first !== this.#first || this.#isPinned;
    this.#first = first;
    // A hidden page has no frames.
    if (isMoved || document.visibilityState === "hidden")
      void tick().then(() => this.timeline().target === null && this.look());
    else this.#settles = setTimeout(() => this.#rowsChanged && this.look(), FRAME);
  }

  /** What is on the screen already may be marked as new. */
  marksChanged(): void {
    if (!this.#rowsChanged) this.look();
  }

  /** It has been scrolled or resized, perhaps by the page itself, which has looked then. */
  scrolled(): void {
    if (this.#rowsChanged || this.#place?.isAsNoted === false) this.look();
  }

  /** The page has brought a row into view, and nothing else is to move it. */
  placed(): void {
    this.#rowsChanged = false;
    this.look();
  }

  toEnd(): void {
    if (this.#box !== null) this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** Everything has been read, wherever the reader looks. */
  readAll(): void {
    const room = this.store()?.room;
    if (this.chat.greeted && room !== undefined) this.chat.readMarkers.read(room.id, room.seq);
  }

  /** The same, and no way back to what was new is shown until the next scroll. */
  dismissNew(): void {
    this.readAll();
    this.newAbove = false;
  }

  moved(event: Event): void {
    // On the list itself a press is one on its scroll bar.
    if (event.type === "pointerdown" && event.target !== this.#box) return;
    this.byHand = true;
    this.read();
  }

  /** What is on the screen: fetch what comes next to it, and note what has been read. */
  look(): void {
    const timeline = this.timeline();
    if (this.#box === null || timeline.window === null) return;
    // It may have been scrolled before the frame came, or before the observer tells of a new size.
    this.#settle();
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const below = scrollHeight - scrollTop - clientHeight;
    this.atEnd = below < AT_END && timeline.window.live;
    this.#place?.note(this.atEnd);
    if (scrollTop < NEAR && timeline.window.from > 1 && !timeline.failed) void timeline.older();
    if (below < NEAR && !timeline.window.live && !timeline.failed) void timeline.newer();
    this.read();
    // Reading tells where what is new begins.
    this.newAbove = this.#isNewAbove(scrollTop);
  }

  read(): void {
    const { chat } = this;
    const timeline = this.timeline();
    const room = this.store()?.room;
    const me = room?.me;
    if (this.#box === null || room === undefined || timeline.window === null || timeline.target !== null) return;
    // What is new is not known yet, or one is on the way to it.
    if (!chat.greeted || timeline.loading === "all") return;
    if (document.visibilityState === "hidden" || !document.hasFocus()) {
      // What comes while one looks elsewhere is new when one comes back.
      if (timeline.newFrom === null && me != null && me.unread > 0) timeline.newFrom = me.read_seq + 1;
      chat.rooms.attend(null);
      return;
    }
    const last = this.atEnd ? this.#rows?.before() : this.#rows?.lastSeen(this.#box.scrollTop + this.#box.clientHeight);
    const passed = me != null && me.unread > 0 && this.#isAbove(me.read_seq + 1);
    // There is one mark for all that was read: what is new above the screen keeps it where it is, until one goes past
    // everything to the end.
    const keepsMark = passed && !(this.byHand && this.atEnd);
    if (keepsMark) timeline.newFrom ??= me.read_seq + 1;
    // At the end, replies may follow that the room does not show.
    else chat.readMarkers.read(room.id, this.atEnd ? timeline.window.to : Number(last?.dataset.seq ?? 0));
    chat.rooms.attend(this.atEnd && !keepsMark ? room.id : null);
  }

  get #isPinned(): boolean {
    return this.atEnd && this.timeline().window?.live !== false;
  }

  /** Whatever has come, gone or changed its size: who is at the end stays there, and else what one reads stays where it is. */
  #settle(): void {
    const rowsChanged = this.#rowsChanged;
    this.#rowsChanged = false;
    clearTimeout(this.#settles);
    if (this.#place === null || this.timeline().target !== null) return;
    if (!this.#isPinned) this.#place.hold();
    else if (rowsChanged || (this.#place.isResized && !this.#place.isScrolledUp)) this.#follow();
  }

  #toggled(): void {
    this.atEnd = false;
    this.#place?.note(false);
    this.look();
  }

  /** Stay at the end, as far as nothing new is pushed out of sight before it was on the screen. */
  #follow(): void {
    if (this.#box === null) return;
    const me = untrack(() => this.store()?.room.me);
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const first = me != null && me.unread > 0 ? this.#rows?.from(me.read_seq + 1) : undefined;
    const isAhead = first !== undefined && first.offsetTop >= scrollTop;
    const most = isAhead ? Math.max(scrollTop, first.offsetTop - ABOVE) : Infinity;
    const wanted = Math.min(scrollHeight - clientHeight, most);
    if (wanted !== scrollTop) this.#box.scrollTop = wanted;
  }

  #isNewAbove(scrollTop: number): boolean {
    const { newFrom, window } = this.timeline();
    if (newFrom === null || window === null) return false;
    const row = this.#rowOfNew(newFrom);
    return window.from > newFrom || (row !== undefined && row.offsetTop + 10 < scrollTop);
  }

  /** Hundreds of rows may have come since: it is looked for once. */
  #rowOfNew(newFrom: number): HTMLElement | undefined {
    if (this.#newRow?.isConnected !== true || this.#newRow.dataset.seq !== String(newFrom)) {
      this.#newRow = this.#rows?.from(newFrom);
    }
    return this.#newRow;
  }

  /** Whether the message, or where it would stand, is above what is on the screen. */
  #isAbove(seq: number): boolean {
    const top = this.#box?.scrollTop ?? 0;
    if ((this.timeline().window?.from ?? 0) > seq) return true;
    const row = this.#rows?.from(seq);
    return row !== undefined && row.offsetTop + row.offsetHeight <= top;
  }
}
