import type { Message } from "../../api/shapes";
import { BASE } from "../../base";
import { onMove, setAddress } from "../../history";
import { closeDialog } from "./dialogs.svelte";

/**
 * Where one is: the address of the page. `/chat/12/34?thread=30` is message 34 of room 12 with the thread of 30, and
 * `/?view=threads` what one follows across all rooms.
 */
export type Panel = "members" | "details" | "pins" | "thread";

/** What is looked at in place of a room. */
const VIEWS = ["threads", "mentions", "saved", "drafts", "scheduled"] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  readonly room: number | null;
  readonly seq: number | null;
  readonly panel: Panel | null;
  readonly thread: number | null;
  readonly view: View | null;
}

const NOWHERE: Place = { room: null, seq: null, panel: null, thread: null, view: null };

let place = $state.raw<Place>(parse(location.pathname, location.search));

onMove(() => {
  const found = parse(location.pathname, location.search);
  if (addressOf(found) !== addressOf(place)) place = found;
});

export function here(): Place {
  return place;
}

/** `back`: leave this place for the one it was opened from. */
export function go(to: Partial<Place>, how: "push" | "replace" | "back" = "push"): void {
  place = { ...NOWHERE, ...to };
  setAddress(addressOf(place), how);
  // One does not go somewhere to see a dialog in front of it.
  if (how === "push") closeDialog();
}

export function goRoom(room: number, seq: number | null = null): void {
  go({ room, seq });
}

/** Close what is beside the room. */
export function closePanel(): void {
  go({ room: place.room }, "back");
}

export function addressOf(to: Partial<Place>): string {
  const { room, seq, panel, thread, view } = { ...NOWHERE, ...to };
  if (room === null) return view === null ? BASE : `${BASE}?view=${view}`;
  const query = panel === "thread" ? `?thread=${thread ?? 0}` : panel === null ? "" : `?panel=${panel}`;
  return `${BASE}chat/${room}${seq === null ? "" : `/${seq}`}${query}`;
}

/** Of a message, in its thread if it is a reply there. */
export function permalink({ room, seq, thread }: Pick<Message, "room" | "seq" | "thread">): string {
  const root = thread?.root ?? null;
  const place: Partial<Place> = root === null ? { room, seq } : { room, seq, panel: "thread", thread: root };
  return new URL(addressOf(place), location.origin).href;
}

/** The place an address of this server leads to, or null. */
export function placeAt(href: string): Place | null {
  const url = new URL(href, location.href);
  if (url.origin !== location.origin) return null;
  const found = parse(url.pathname, url.search);
  return found.room === null ? null : found;
}

function parse(path: string, search: string): Place {
  const [, room, seq] = /^\/chat\/(\d{1,15})(?:\/(\d{1,15}))?\/?$/.exec(path.slice(BASE.length - 1)) ?? [];
  const query = new URLSearchParams(search);
  const thread = Number(query.get("thread") ?? "") || null;
  const wanted = query.get("panel");
  const panel =
    thread !== null ? "thread" : wanted === "members" || wanted === "details" || wanted === "pins" ? wanted : null;
  const view = room === undefined ? (VIEWS.find((one) => one === query.get("view")) ?? null) : null;
  return {
    room: room === undefined ? null : Number(room),
    seq: seq === undefined ? null : Number(seq),
    panel,
    thread,
    view,
  };
}
