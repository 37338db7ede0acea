/**
 * The browser's history. A place has an entry, and each thing that is open above it (a dialog, a menu, a selection) has one
 * more: Back closes what is on top. What is closed in another way has its entry removed.
 */

interface Entry {
  /** How many things are open above the place. */
  readonly above?: number;
  /** The address of the place from which one came here. */
  readonly from?: string;
}

const open: (() => void)[] = [];
/** What is to be done after a step through the history, which takes the browser a moment. Null if there is no step. */
let waiting: (() => void)[] | null = null;
let moved = (): void => undefined;

/** `listener` is called when the address may have changed by a step through the history. */
export function onMove(listener: () => void): void {
  moved = listener;
}

/** Something has opened: Back calls `close`. Returns what is to be called once it has closed, in whatever way. */
export function opened(close: () => void): () => void {
  open.push(close);
  settle();
  return () => {
    const at = open.lastIndexOf(close);
    if (at >= 0) open.splice(at, 1);
    // Only then: what opens in its place uses its entry.
    setTimeout(settle);
  };
}

/** Close what is on top, as Back does. False if nothing is open. */
export function closeTop(): boolean {
  const close = open.at(-1);
  close?.();
  return close !== undefined;
}

/** Show another address. `back`: it is the place one came from, if that is so; else the entry is replaced. */
export function setAddress(to: string, how: "push" | "replace" | "back"): void {
  const again = (): void => setAddress(to, how);
  if (waiting !== null) {
    waiting.push(again);
    return;
  }
  const { above = 0, from } = entry();
  if (how === "back" && from === to) {
    step(-above - 1);
    return;
  }
  // An entry of what is open becomes the one of the new place.
  const isReused = how === "push" && above > 0;
  const surplus = isReused ? above - 1 : above;
  if (surplus > 0) {
    step(-surplus, again);
    return;
  }
  const now = location.pathname + location.search;
  if (to !== now) {
    if (how === "push" && !isReused) history.pushState({ from: now }, "", to);
    else history.replaceState({ from: isReused ? now : from }, "", to);
  }
  setTimeout(settle);
}

function entry(): Entry {
  return (history.state as Entry | null) ?? {};
}

function step(by: number, ...then: (() => void)[]): void {
  waiting = then;
  history.go(by);
}

/** As many entries above the place as things are open. */
function settle(): void {
  if (waiting !== null) return;
  const { above = 0, from } = entry();
  if (above > open.length) step(open.length - above);
  for (let next = above + 1; next <= open.length; next++) history.pushState({ above: next, from }, "");
}

addEventListener("popstate", () => {
  const then = waiting;
  waiting = null;
  if (then === null) for (const close of open.slice(entry().above ?? 0).reverse()) close();
  else for (const act of then) act();
  // Whoever steps again comes here again.
  if ((waiting as unknown) === null) moved();
  setTimeout(settle);
});
// After a reload nothing is open.
settle();
