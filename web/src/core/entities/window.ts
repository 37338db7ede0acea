/**
 * The stretch of a room's history that is held: from `from` to `to` all messages that the room shows. Replies that are shown in
 * their threads only are no part of it, however many there are.
 *
 * Pure. A room may have a million messages; no more than a few hundred around what is looked at are kept.
 */
import type { Page } from "../../api/shapes";
import type { RoomState } from "./room";

export interface Window {
  readonly from: number;
  /** Less than `from` when nothing is held. */
  readonly to: number;
  /** It ends at the room's last message and grows with it. */
  readonly live: boolean;
}

/** Past this many, the far end is let go. */
export const MOST = 300;
/** At the end so many more are held before: whatever is taken away above moves all that is below. */
export const MORE = 50;

/** The window after a page that stands alone; `last`: the room's last `seq` when it was asked for. */
export function opened(page: Page, last: number): Window {
  const [first, final] = ends(page);
  if (first === undefined || final === undefined) return { from: 1, to: 0, live: true };
  return { from: first, to: final, live: final >= last };
}

/** The last page; `last`: the room's last `seq` when it was asked for. */
export function openedAtEnd(page: Page, last: number): Window {
  const [first, final] = ends(page);
  return { from: page.has_more ? (first ?? 1) : 1, to: Math.max(final ?? 0, last), live: true };
}

/** The window with a page of what came before it. */
export function withOlder(window: Window, page: Page): Window {
  const [first] = ends(page);
  if (first === undefined || !page.has_more) return { ...window, from: 1 };
  return { ...window, from: Math.min(first, window.from) };
}

/** The window with a page of what came after it; `last`: the room's last `seq` when it was asked for. */
export function withNewer(window: Window, page: Page, last: number): Window {
  const [, final] = ends(page);
  const to = Math.max(window.to, final ?? 0);
  return page.has_more ? { ...window, to, live: false } : { ...window, to: Math.max(to, last), live: true };
}

/** The window without what is too much at its new end, or at its old one. `seqs`: those of its messages, in their order. */
export function fitted(window: Window, seqs: readonly number[], end: "new" | "old"): Window {
  if (seqs.length <= MOST) return window;
  if (end === "old") return { ...window, from: seqs[seqs.length - MOST] ?? window.from };
  return { ...window, to: seqs[MOST - 1] ?? window.to, live: false };
}

/** The window grown by what has come live. `isAt`: whether a message is there, or has come and is none of the room's own. */
export function advanced(window: Window, isAt: (seq: number) => boolean): Window {
  if (!window.live) return window;
  let to = window.to;
  while (isAt(to + 1)) to += 1;
  return to === window.to ? window : { ...window, to };
}

/** The window without its oldest part, for one who looks at its end. */
export function shortened(window: Window, seqs: readonly number[]): Window {
  return seqs.length - MOST > MORE ? fitted(window, seqs, "old") : window;
}

/** Whether the message belongs to the window. What came ahead of a live one stays: the gap will be filled. */
export function keeps(window: Window | null, seq: number): boolean {
  return window !== null && seq >= window.from && (seq <= window.to || window.live);
}

/** The state without the notices that stand outside of the window. */
export function trimmed(state: RoomState, window: Window | null): RoomState {
  const keepsNotice = (seq: number): boolean => keeps(window, seq) || (seq === 0 && window?.from === 1);
  if ([...state.notices.values()].every((notice) => keepsNotice(notice.after_seq))) return state;
  return { ...state, notices: new Map([...state.notices].filter(([, notice]) => keepsNotice(notice.after_seq))) };
}

function ends(page: Page): [number | undefined, number | undefined] {
  return [page.messages[0]?.seq, page.messages.at(-1)?.seq];
}
