/** Which dialog is open: one at a time. */
import type { Message } from "../api/shapes";

export type Wanted =
  | { readonly what: "palette" }
  | { readonly what: "shortcuts" }
  | { readonly what: "browse" }
  | { readonly what: "create" }
  | { readonly what: "direct" }
  | { readonly what: "settings" }
  | { readonly what: "unsent" }
  | { readonly what: "day"; readonly room: number }
  | { readonly what: "invite"; readonly room: number }
  | { readonly what: "edits"; readonly message: Message }
  | { readonly what: "person"; readonly user: number }
  | { readonly what: "confirm"; readonly text: string; readonly yes: string; readonly act: () => Promise<void> };

let wanted = $state.raw<Wanted | null>(null);

export function openDialog(): Wanted | null {
  return wanted;
}

export function show(dialog: Wanted): void {
  wanted = dialog;
}

export function closeDialog(): void {
  wanted = null;
}

/** A line at the foot of the page that goes away by itself; `act`: what can be done about it, on a button. */
let notice = $state("");
let act = $state.raw<Act | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export interface Act {
  readonly text: string;
  readonly act: () => void;
}

export function currentNotice(): string {
  return notice;
}

export function currentAct(): Act | null {
  return act;
}

/** Takes the line away. */
export function hush(): void {
  clearTimeout(timer);
  notice = "";
  act = null;
}

export function say(text: string, offered: Act | null = null): void {
  notice = text;
  act = offered;
  clearTimeout(timer);
  timer = setTimeout(() => (notice = ""), offered === null ? 5_000 : 10_000);
}
