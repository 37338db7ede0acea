/**
 * The stretch of a room's messages that is held, from `from` to `to` without a hole: `seq` has none.
 *
 * Pure. A room may have a million messages; no more than a few hundred around what is looked at are kept.
 */
import type { Page } from "../api/shapes";
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

/** The window with a page of what came before it; the other end is let go when it has grown too large. */
export function withOlder(window: Window, page: Page): Window {
  const [first] = ends(page);
  if (first === undefined || first >= window.from) return page.messages.length === 0 ? { ...window, from: 1 } : window;
  const to = Math.min(window.to, first + MOST - 1);
  return { from: first, to, live: window.live && to === window.to };
}

/** The window with a page of what came after it. */
export function withNewer(window: Window, page: Page, last: number): Window {
  const [, final] = ends(page);
  const to = Math.max(window.to, final ?? 0);
  return { from: Math.max(window.from, to - MOST + 1), to, live: to >= last };
}

/** The window grown by what has come live. */
export function advanced(window: Window, state: RoomState): Window {
  if (!window.live) return window;
  let to = window.to;
  while (state.messages.get(to + 1)?.shown != null) to += 1;
  return to === window.to ? window : { ...window, to };
}

/** The window without its oldest part, for one who looks at its end. */
export function shortened(window: Window, most = MOST): Window {
  const from = window.to - most + 1;
  return from - window.from > MORE ? { ...window, from } : window;
}

/**
 * The state without the messages outside of the window, and the notices behind them. What came ahead of a live one stays:
 * the gap will be filled.
 */
export function trimmed(state: RoomState, window: Window | null): RoomState {
  const keeps = (seq: number): boolean => window !== null && seq >= window.from && (seq <= window.to || window.live);
  const keepsNotice = (seq: number): boolean => keeps(seq) || (seq === 0 && window?.from === 1);
  let { messages, notices } = state;
  if (![...messages.keys()].every(keeps)) messages = new Map([...messages].filter(([seq]) => keeps(seq)));
  if (![...notices.values()].every((notice) => keepsNotice(notice.after_seq)))
    notices = new Map([...notices].filter(([, notice]) => keepsNotice(notice.after_seq)));
  return messages === state.messages && notices === state.notices ? state : { ...state, messages, notices };
}

function ends(page: Page): [number | undefined, number | undefined] {
  return [page.messages[0]?.seq, page.messages.at(-1)?.seq];
}
