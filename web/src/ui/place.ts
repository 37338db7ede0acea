/** Where something that floats stands: beside its anchor, within the page. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Wish {
  readonly side?: "below" | "above";
  /** Which edges are in one line; `start` is the right one where text runs from right to left. */
  readonly align?: "start" | "center" | "end";
  /** Pixels between the two. */
  readonly gap?: number;
}

/** Pixels that stay free at the edges of the page. */
const EDGE = 8;

/** On the wished side if it fits there, else on the other one, else where there is more room; moved to stay within the page. */
export function place(
  anchor: Box,
  size: Size,
  page: Size,
  { side = "below", align = "start", gap = 4 }: Wish,
  rightToLeft = false,
): { readonly left: number; readonly top: number } {
  const room = { above: anchor.top - gap - EDGE, below: page.height - anchor.bottom - gap - EDGE };
  const other = side === "below" ? "above" : "below";
  const on = size.height <= room[side] || room[side] >= room[other] ? side : other;
  const atLeft = anchor.left;
  const atRight = anchor.right - size.width;
  const wished = {
    start: rightToLeft ? atRight : atLeft,
    end: rightToLeft ? atLeft : atRight,
    center: (atLeft + atRight) / 2,
  }[align];
  return {
    left: within(wished, page.width - size.width),
    top: within(on === "below" ? anchor.bottom + gap : anchor.top - gap - size.height, page.height - size.height),
  };
}

function within(at: number, most: number): number {
  return Math.max(Math.min(at, most - EDGE), Math.min(EDGE, Math.max(most, 0)));
}

/** What holds that which floats over a node: outside of a modal dialog all is inert, and all belongs to a landmark. */
export function holderOf(node: Element): Element {
  return node.closest("dialog, main, nav, aside") ?? document.body;
}

/** Keep an element in its place while the page scrolls or changes its size. Returns what ends that. */
export function keepPlaced(node: HTMLElement, anchor: () => Box, wish: Wish): () => void {
  const update = (): void => {
    const page = { width: document.documentElement.clientWidth, height: window.innerHeight };
    // What is being scaled by an animation has its own size all the same.
    const size = { width: node.offsetWidth, height: node.offsetHeight };
    const { left, top } = place(anchor(), size, page, wish, getComputedStyle(node).direction === "rtl");
    node.style.setProperty("left", `${left}px`);
    node.style.setProperty("top", `${top}px`);
  };
  update();
  const resized = new ResizeObserver(update);
  resized.observe(node);
  window.addEventListener("resize", update);
  window.addEventListener("scroll", update, { capture: true, passive: true });
  return () => {
    resized.disconnect();
    window.removeEventListener("resize", update);
    window.removeEventListener("scroll", update, { capture: true });
  };
}
