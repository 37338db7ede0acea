import { BASE } from "../base";

/** Where one is: the address of the page. `/chat/12/34?thread=30` is message 34 of room 12 with the thread of 30. */
export type Panel = "members" | "details" | "thread";

export interface Place {
  readonly room: number | null;
  readonly seq: number | null;
  readonly panel: Panel | null;
  readonly thread: number | null;
}

let place = $state.raw<Place>(parse(location.pathname, location.search));

addEventListener("popstate", () => {
  place = parse(location.pathname, location.search);
});

export function here(): Place {
  return place;
}

export function go(to: Partial<Place>, how: "push" | "replace" = "push"): void {
  const next: Place = { room: null, seq: null, panel: null, thread: null, ...to };
  const address = addressOf(next);
  if (address !== location.pathname + location.search) {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }
  place = next;
}

export function goRoom(room: number, seq: number | null = null): void {
  go({ room, seq });
}

export function addressOf({ room, seq, panel, thread }: Place): string {
  if (room === null) return BASE;
  const query = panel === "thread" ? `?thread=${thread ?? 0}` : panel === null ? "" : `?panel=${panel}`;
  return `${BASE}chat/${room}${seq === null ? "" : `/${seq}`}${query}`;
}

export function permalink(room: number, seq: number): string {
  return new URL(addressOf({ room, seq, panel: null, thread: null }), location.origin).href;
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
  const panel = thread !== null ? "thread" : wanted === "members" || wanted === "details" ? wanted : null;
  return { room: room === undefined ? null : Number(room), seq: seq === undefined ? null : Number(seq), panel, thread };
}
