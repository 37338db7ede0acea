/** What of a thread is on the screen: it begins where one left off, stays at the end as replies come, and is noted as read. */
import { tick, untrack } from "svelte";
import type { Chat } from "../core/chat.svelte";
import type { Thread } from "../core/entities/thread.svelte";
import { reveal } from "../ui/reveal";

/** Pixels from an end within which one is there, and within which more is fetched. */
const AT_END = 24;
const NEAR = 400;
/** Pixels of what was said before that are shown above where one left off, and of a row that are enough to have seen it. */
const ABOVE = 64;
const SEEN = 40;

export class ThreadScroll {
  atEnd = $state(true);
  #box: HTMLElement | null = null;
  /** One has been brought to where one begins. */
  #placed = false;
  /** How high it was before rows came above, to stay at what one reads. */
  #before: { readonly first: Element | null; readonly height: number } | null = null;

  constructor(
    private readonly chat: Chat,
    private readonly thread: Thread,
  ) {}

  attach(box: HTMLElement): () => void {
    this.#box = box;
    const watch = new ResizeObserver(() => this.#follow());
    watch.observe(box);
    for (const row of box.children) watch.observe(row);
    return () => {
      watch.disconnect();
      this.#box = null;
    };
  }

  rowOf(seq: number): HTMLElement | null {
    return this.#box?.querySelector(`[data-reply="${seq}"]`) ?? null;
  }

  /** Rows are about to change. */
  changing(): void {
    this.#before = { first: this.#rows()[0] ?? null, height: this.#box?.scrollHeight ?? 0 };
  }

  /** Rows have changed. `at`: where one wants to begin. */
  async changed(at: number | null): Promise<void> {
    await tick();
    if (this.#box === null) return;
    if (!this.#placed && this.thread.loaded && !this.thread.loading) this.#place(at);
    else if (this.#placed && this.atEnd && !this.thread.hasNewer) this.#follow();
    else if (this.#before?.first?.isConnected === true && this.#rows()[0] !== this.#before.first) {
      this.#box.scrollTop += this.#box.scrollHeight - this.#before.height;
    }
    this.look();
  }

  /** What is on the screen: fetch what comes next to it, and note what has been read. */
  look(): void {
    const { thread } = this;
    if (this.#box === null || !this.#placed) return;
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const below = scrollHeight - scrollTop - clientHeight;
    this.atEnd = below < AT_END && !thread.hasNewer;
    if (scrollTop < NEAR && !thread.failed) void thread.older();
    if (below < NEAR && !thread.failed) void thread.newer();
    this.read();
  }

  read(): void {
    if (this.#box === null || !this.#placed || document.visibilityState === "hidden" || !document.hasFocus()) return;
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

  #place(at: number | null): void {
    this.#placed = true;
    const from = at ?? this.thread.newFrom;
    const row = from === null ? undefined : this.#rows().find((one) => Number(one.dataset.reply) >= from);
    if (row !== undefined && this.#box !== null) reveal(this.#box, row, at === null ? "start" : "center", ABOVE);
    else this.toEnd();
  }

  #follow(): void {
    if (this.#placed && this.atEnd && !this.thread.hasNewer) this.toEnd();
  }

  #rows(): HTMLElement[] {
    return [...(this.#box?.querySelectorAll<HTMLElement>("[data-reply]") ?? [])];
  }
}
