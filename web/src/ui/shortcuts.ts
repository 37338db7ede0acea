/** The shortcuts, in one table: what the keyboard does, and what the sheet shows. */
import type { Key } from "../i18n/translate.svelte";

/** Where a key has its meaning: anywhere, in the list of rooms, among messages or on one, in the field. */
export type Where = "anywhere" | "rooms" | "field" | "message";

interface Shortcut {
  readonly where: Where;
  /** As `KeyboardEvent.key` tells it, letters as small ones; with `Mod+` (Ctrl, on Apple's systems ⌘), `Alt+`, `Shift+` before it. */
  readonly key: string;
  readonly what: Key;
}

const TABLE = {
  palette: { where: "anywhere", key: "Mod+k", what: "keys.palette" },
  sheet: { where: "anywhere", key: "?", what: "keys.sheet" },
  previousRoom: { where: "anywhere", key: "Alt+ArrowUp", what: "keys.previousRoom" },
  nextRoom: { where: "anywhere", key: "Alt+ArrowDown", what: "keys.nextRoom" },
  previousUnread: { where: "anywhere", key: "Alt+Shift+ArrowUp", what: "keys.previousUnread" },
  nextUnread: { where: "anywhere", key: "Alt+Shift+ArrowDown", what: "keys.nextUnread" },
  escape: { where: "anywhere", key: "Escape", what: "keys.escape" },
  roomAbove: { where: "rooms", key: "ArrowUp", what: "keys.roomAbove" },
  roomBelow: { where: "rooms", key: "ArrowDown", what: "keys.roomBelow" },
  roomsUp: { where: "rooms", key: "PageUp", what: "keys.roomsUp" },
  roomsDown: { where: "rooms", key: "PageDown", what: "keys.roomsDown" },
  firstRoom: { where: "rooms", key: "Home", what: "keys.firstRoom" },
  lastRoom: { where: "rooms", key: "End", what: "keys.lastRoom" },
  send: { where: "field", key: "Enter", what: "keys.send" },
  newLine: { where: "field", key: "Shift+Enter", what: "keys.newLine" },
  editLast: { where: "field", key: "ArrowUp", what: "keys.editLast" },
  emoji: { where: "field", key: "Mod+e", what: "keys.emoji" },
  toMessages: { where: "field", key: "Shift+Tab", what: "keys.toMessages" },
  messageAbove: { where: "message", key: "ArrowUp", what: "keys.messageAbove" },
  messageBelow: { where: "message", key: "ArrowDown", what: "keys.messageBelow" },
  reply: { where: "message", key: "r", what: "keys.reply" },
  thread: { where: "message", key: "t", what: "keys.thread" },
  react: { where: "message", key: "+", what: "keys.react" },
  edit: { where: "message", key: "e", what: "keys.edit" },
  copy: { where: "message", key: "c", what: "keys.copy" },
  save: { where: "message", key: "s", what: "keys.save" },
  forward: { where: "message", key: "f", what: "keys.forward" },
  select: { where: "message", key: "x", what: "keys.select" },
  remove: { where: "message", key: "Delete", what: "keys.delete" },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof TABLE;

export const SHORTCUTS: readonly Shortcut[] = Object.values(TABLE);

const byKey = new Map(Object.entries(TABLE).map(([name, { where, key }]) => [`${where} ${key}`, name as ShortcutName]));

/** The shortcut that a key stands for in this place, if it does for any. */
export function shortcut(event: KeyboardEvent, where: Where): ShortcutName | undefined {
  if (isOfInputMethod(event)) return undefined;
  const isLetter = event.key.length === 1;
  const other = APPLE ? event.ctrlKey : event.metaKey;
  if (other) return undefined;
  // A sign such as ? or + is what it is, whichever keys it takes on this keyboard.
  const shift = event.shiftKey && !(isLetter && !/\p{L}/u.test(event.key)) ? "Shift+" : "";
  const key = isLetter ? event.key.toLowerCase() : event.key;
  return byKey.get(`${where} ${isMod(event) ? "Mod+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`);
}

export const APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Whether keys go into a text just now. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

export function isMod(event: KeyboardEvent): boolean {
  return APPLE ? event.metaKey : event.ctrlKey;
}

/**
 * Whether the key belongs to an input method, which has its own meaning for Enter and the arrows. Safari tells of the Enter
 * that ends a composition only after `compositionend`: it has the code 229 then (UI Events, section 7.3.1).
 */
export function isOfInputMethod(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else tells it
  return event.isComposing || event.keyCode === 229;
}
