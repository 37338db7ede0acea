/**
 * Where the rows of a history are in the page. There are hundreds, of many elements each: they stand one below the other, so
 * few of them have to be looked at.
 */

/** Rows from the end on that are looked through before all are gone into. */
const FEW = 8;
/** Pixels of a row that are enough to have seen it. */
const SEEN = 60;

export class RowGeometry {
  #known: readonly HTMLElement[] | null = null;
  readonly #changes = new MutationObserver(() => (this.#known = null));

  /** `content`: what the rows are children of. Messages have their number as `data-seq`. */
  constructor(private readonly content: HTMLElement) {
    this.#changes.observe(content, { childList: true });
  }

  stop(): void {
    this.#changes.disconnect();
  }

  /** Those of messages. */
  all(): readonly HTMLElement[] {
    if (this.#changes.takeRecords().length > 0) this.#known = null;
    this.#known ??= ([...this.content.children] as HTMLElement[]).filter((row) => row.hasAttribute("data-seq"));
    return this.#known;
  }

  /** The row at the end, or before another one. */
  before(other: Element | null = null): HTMLElement | null {
    let row = other === null ? this.content.lastElementChild : other.previousElementSibling;
    while (row !== null && !row.hasAttribute("data-seq")) row = row.previousElementSibling;
    return row as HTMLElement | null;
  }

  of(seq: number): HTMLElement | null {
    // It is mostly one of the last.
    let near = this.before();
    for (let steps = 0; near !== null && steps < FEW; steps += 1) {
      if (Number(near.dataset.seq) <= seq) return near.dataset.seq === String(seq) ? near : null;
      near = this.before(near);
    }
    const all = this.all();
    const row = all[countWhile(all, (other) => Number(other.dataset.seq) < seq)];
    return row?.dataset.seq === String(seq) ? row : null;
  }

  /** The row of a message, or where the room does not show it, the next one. */
  from(seq: number): HTMLElement | undefined {
    // As above.
    let after: HTMLElement | undefined;
    let near = this.before();
    for (let steps = 0; near !== null && steps < FEW; steps += 1) {
      if (Number(near.dataset.seq) < seq) return after;
      after = near;
      near = this.before(near);
    }
    const all = this.all();
    return all[countWhile(all, (other) => Number(other.dataset.seq) < seq)];
  }

  /** The first row that ends below a place in the list. */
  firstBelow(top: number): HTMLElement | undefined {
    const all = this.all();
    return all[countWhile(all, (row) => row.offsetTop + row.offsetHeight <= top)];
  }

  /** The last row that is seen, when the list is seen down to there. */
  lastSeen(bottom: number): HTMLElement | undefined {
    const all = this.all();
    return all[countWhile(all, (row) => row.offsetTop + Math.min(row.offsetHeight, SEEN) <= bottom) - 1];
  }
}

/** How many of the rows from the first on are so. */
function countWhile(all: readonly HTMLElement[], isSo: (row: HTMLElement) => boolean): number {
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const row = all[middle];
    if (row !== undefined && isSo(row)) from = middle + 1;
    else to = middle;
  }
  return from;
}
