/** What of a thread is on the screen: it begins where one left off, stays at the end as replies come, and is noted as read. */
import { tick, untrack } from "svelte";
import type { Chat } from "../core/chat.svelte";
import type { Thread } from "../core/entities/thread.svelte";
import { ReadingPlace, ROW_TOGGLED } from "../messages/reading-place";
import { reveal } from "../ui/reveal";

/** Pixels from an end within which one is there, and within which more is fetched. */
const AT_END = 24;
const NEAR = 400;
/** Pixels of what was said before that are shown above where one left off, and of a row that are enough to have seen it. */
const ABOVE = 64;
const SEEN = 40;

const REPLIES = "[data-reply]";
const MESSAGES = `:scope > div > [role='article'], ${REPLIES}`;

export class ThreadScroll {
  atEnd = $state(true);
  #box: HTMLElement | null = null;
  /** One has been brought to where one begins. */
  #begun = false;
  #place: ReadingPlace | null = null;

  constructor(
    private readonly chat: Chat,
    private readonly thread: Thread,
  ) {}

  attach(box: HTMLElement): () => void {
    this.#box = box;
    // Older replies come between the root and the first reply.
    const kept = (): HTMLElement[] => this.#rows(this.thread.hasOlder ? REPLIES : MESSAGES);
    this.#place = new ReadingPlace(box, (top) => kept().find((row) => row.offsetTop + row.offsetHeight > top));
    const watch = new ResizeObserver(() => this.scrolled());
    watch.observe(box);
    for (const row of box.children) watch.observe(row);
    const toggled = (): void => this.#toggled();
    box.addEventListener(ROW_TOGGLED, toggled);
    return () => {
      watch.disconnect();
      box.removeEventListener(ROW_TOGGLED, toggled);
      [this.#box, this.#place] = [null, null];
    };
  }

  rowOf(seq: number): HTMLElement | null {
    return this.#box?.querySelector(`[data-reply="${seq}"]`) ?? null;
  }

  /** Rows have changed. `at`: where one wants to begin. */
  async changed(at: number | null): Promise<void> {
    await tick();
    if (this.#box !== null && !this.#begun && this.thread.loaded && !this.thread.loading) this.#begin(at);
    this.look();
  }

  /** It has been scrolled or resized, perhaps by the page itself, which has looked then. */
  scrolled(): void {
    if (this.#place?.isAsNoted === false) this.look();
  }

  /** What is on the screen: fetch what comes next to it, and note what has been read. */
  look(): void {
    const { thread } = this;
    if (this.#box === null || !this.#begun) return;
    if (!this.atEnd || thread.hasNewer) this.#place?.hold();
    else if (this.#place?.isResized === true && !this.#place.isScrolledUp) this.toEnd();
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const below = scrollHeight - scrollTop - clientHeight;
    this.atEnd = below < AT_END && !thread.hasNewer;
    this.#place?.note(this.atEnd);
    if (scrollTop < NEAR && !thread.failed) void thread.older();
    if (below < NEAR && !thread.failed) void thread.newer();
    this.read();
  }

  read(): void {
    if (this.#box === null || !this.#begun || document.visibilityState === "hidden" || !document.hasFocus()) return;
    const bottom = this.#box.getBoundingClientRect().bottom;
    const seen = this.#rows().findLast((row) => {
      const box = row.getBoundingClientRect();
      return box.top + Math.min(box.height, SEEN) <= bottom;
    });
    const seq = this.atEnd ? untrack(() => this.thread.last) : Number(seen?.dataset.reply ?? 0);
    untrack(() => this.chat.threads.read(this.thread, seq));
  }

  toEnd(): void {
    if (this.#box !== null) this.#box.scrollTop = this.#box.scrollHeight;
  }

  reveal(seq: number): HTMLElement | null {
    const row = this.rowOf(seq);
    if (row !== null && this.#box !== null) reveal(this.#box, row, "center");
    return row;
  }

  #begin(at: number | null): void {
    this.#begun = true;
    const from = at ?? this.thread.newFrom;
    const row = from === null ? undefined : this.#rows().find((one) => Number(one.dataset.reply) >= from);
    if (row !== undefined && this.#box !== null) reveal(this.#box, row, at === null ? "start" : "center", ABOVE);
    else this.toEnd();
    this.#hold();
  }

  #toggled(): void {
    this.#hold();
    this.look();
  }

  /** What is on the screen now is what one reads, until one is found to be at the end. */
  #hold(): void {
    this.atEnd = false;
    this.#place?.note(false);
  }

  #rows(which = REPLIES): HTMLElement[] {
    return [...(this.#box?.querySelectorAll<HTMLElement>(which) ?? [])];
  }
}
