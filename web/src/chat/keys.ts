/** The shortcuts, in one list: what the keyboard does and what the sheet shows. */
import type { Key } from "../words/words.svelte";

/** `mod` is Ctrl, on Apple's systems ⌘. */
export const SHORTCUTS: readonly { readonly keys: readonly string[]; readonly what: Key }[] = [
  { keys: ["mod", "K"], what: "keys.palette" },
  { keys: ["?"], what: "keys.sheet" },
  { keys: ["Alt", "↑"], what: "keys.previousRoom" },
  { keys: ["Alt", "↓"], what: "keys.nextRoom" },
  { keys: ["Alt", "Shift", "↓"], what: "keys.nextUnread" },
  { keys: ["Esc"], what: "keys.escape" },
  { keys: ["Enter"], what: "keys.send" },
  { keys: ["Shift", "Enter"], what: "keys.newLine" },
  { keys: ["↑"], what: "keys.editLast" },
  { keys: ["mod", "E"], what: "keys.emoji" },
  { keys: ["Shift", "Tab"], what: "keys.toMessages" },
  { keys: ["↑", "↓"], what: "keys.walk" },
  { keys: ["R"], what: "keys.reply" },
  { keys: ["T"], what: "keys.thread" },
  { keys: ["+"], what: "keys.react" },
  { keys: ["E"], what: "keys.edit" },
  { keys: ["Del"], what: "keys.delete" },
];

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
