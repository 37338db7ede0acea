/** Telling of messages while one looks elsewhere: the page's title, the app's badge, the desktop. */
import { below } from "../base";
import type { MessageEvent, Room } from "../api/shapes";
import { inOneLine } from "../text/reading";
import type { Chat } from "../core/chat.svelte";
import { isThreadOnly } from "../core/entities/message";
import { threadPlace } from "../messages/thread-place";
import { namesOf, peopleNamed } from "../messages/mentioned-names";
import { roomName } from "../core/entities/room-name";
import { addressOf, go, here, placeAt } from "../core/navigation/route.svelte";
import { workspace } from "../core/workspace.svelte";
import { preferences } from "../core/preferences.svelte";

const LONGEST = 120;
/** Milliseconds for the worker to be installed, before the page itself notifies. */
const INSTALLED_WITHIN = 30_000;

export function onMessage(chat: Chat, room: Room, message: MessageEvent): void {
  if (!preferences.notify || room.me == null || room.me.muted) return;
  const meant = room.kind === "direct" || message.mentions.includes(chat.me.id);
  const { thread, room: looked } = here();
  const isHere = looked === room.id && (!isThreadOnly(message) || thread === message.thread?.root);
  const seen = document.hasFocus() && isHere;
  if (!meant || seen || Notification.permission !== "granted") return;
  const title =
    room.kind === "direct" ? message.sender.display_name : `${message.sender.display_name} · ${roomName(room)}`;
  const address = addressOf(isThreadOnly(message) ? threadPlace(message) : { room: room.id, seq: message.seq });
  const body = inOneLine(message.content, namesOf(chat, new Map(peopleNamed(chat, message.mentions))), LONGEST);
  // The tag is the message: several tabs tell of it once.
  void notify(title, {
    body,
    tag: `hubbub-${room.id}-${message.seq}`,
    icon: below("/static/icon.svg"),
    data: { address },
  });
}

/** Missing where the page came over plain HTTP from another machine. */
const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;

async function notify(title: string, options: NotificationOptions): Promise<void> {
  const worker = await activeWorker();
  if (worker !== undefined) {
    await worker.showNotification(title, options);
    return;
  }
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    follow((options.data as { address: string }).address);
    shown.close();
  };
}

/** The worker, when there is one: it shows nothing before it is installed, which on a slow line takes a while. */
async function activeWorker(): Promise<ServiceWorkerRegistration | undefined> {
  const registration = await workers?.getRegistration();
  if (workers === undefined || registration === undefined || registration.active !== null) return registration;
  const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), INSTALLED_WITHIN));
  return Promise.race([workers.ready, late]);
}

function follow(address: string): void {
  const place = placeAt(address);
  if (place !== null) go(place);
}

workers?.addEventListener("message", ({ data }: { data: { go?: string } }) => {
  if (data.go !== undefined) follow(data.go);
});

/** Ask for leave to notify. Whether it was given. */
export async function allowNotifications(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

let badge: number | null = null;

/** The title of the page and the badge of the app. */
export function showAttention({ forMe, unread }: { forMe: number; unread: boolean }, place: string): void {
  const sign = forMe > 0 ? `(${forMe}) ` : unread ? "• " : "";
  const title = `${sign}${place === "" ? "" : `${place} · `}${workspace.now.name}`;
  if (document.title !== title) document.title = title;
  if (forMe === badge || !("setAppBadge" in navigator)) return;
  badge = forMe;
  void navigator.setAppBadge(forMe).catch(() => undefined);
}
