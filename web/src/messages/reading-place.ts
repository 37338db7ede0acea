/** Told by a row that has grown or shrunk because one wanted it: what is on the screen now is what one reads. */
export const ROW_TOGGLED = "rowtoggled";

/** Where one is in a list, as it was looked at last, to be kept when rows or the list itself change their size. */
export class ReadingPlace {
  #top = 0;
  #height = 0;
  #shown = 0;
  #anchor: { readonly row: HTMLElement; readonly top: number } | null = null;

  /** `firstBelow`: the first row that ends below a place in the list. */
  constructor(
    private readonly box: HTMLElement,
    private readonly firstBelow: (top: number) => HTMLElement | undefined,
  ) {}

  /** What is on the screen now is what is to be kept: the end, or else the first row. */
  note(atEnd: boolean): void {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    [this.#top, this.#height, this.#shown] = [scrollTop, scrollHeight, clientHeight];
    const row = atEnd ? undefined : this.#first(scrollTop, clientHeight);
    this.#anchor = row === undefined ? null : { row, top: row.offsetTop };
  }

  /** The first row that is seen from its beginning: what is above that may be wrapped in another way. */
  #first(top: number, height: number): HTMLElement | undefined {
    const row = this.firstBelow(top);
    if (row === undefined || row.offsetTop >= top) return row;
    const next = this.firstBelow(row.offsetTop + row.offsetHeight);
    return next !== undefined && next.offsetTop < top + height ? next : row;
  }

  get isResized(): boolean {
    return this.box.scrollHeight !== this.#height || this.box.clientHeight !== this.#shown;
  }

  get isScrolledUp(): boolean {
    return this.box.scrollTop < this.#top - 1 && !this.#isShortened;
  }

  /** The list has become too short for how far it was scrolled, and the browser has scrolled it to its new end. */
  get #isShortened(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    return scrollTop < this.#top && scrollTop >= scrollHeight - clientHeight - 1;
  }

  get isAsNoted(): boolean {
    return this.box.scrollTop === this.#top && !this.isResized;
  }

  /** Whatever has changed above it, the row that was the first on the screen is where it was. */
  hold(): void {
    if (this.#anchor?.row.isConnected !== true) return;
    const by = this.#anchor.row.offsetTop - this.#anchor.top;
    const before = this.#isShortened ? this.#top : this.box.scrollTop;
    if (by !== 0) this.box.scrollTop = before + by;
  }
}
