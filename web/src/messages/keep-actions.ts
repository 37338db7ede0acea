/** Pinning a message for everybody in its room, and saving one for oneself. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { t } from "../i18n/translate.svelte";
import { attempt } from "../ui/attempt";
import { toast } from "../ui/toast.svelte";

export type Place = Pick<Message, "room" | "seq">;

export async function pin({ room, seq }: Place, on: boolean): Promise<void> {
  const params = { path: { room, seq } };
  const url = "/api/rooms/{room}/pins/{seq}";
  const doing = answer<unknown>(on ? http.PUT(url, { params }) : http.DELETE(url, { params }));
  if (await attempt(doing)) toast(t(on ? "pins.pinned" : "pins.unpinned"));
}

/** `remindAt`: when one is to be reminded of it, RFC 3339; null for never. Whether it is saved now. */
export async function save(chat: Chat, { room, seq }: Place, remindAt: string | null = null): Promise<boolean> {
  const params = { path: { room, seq } };
  const body = remindAt === null ? {} : { remind_at: remindAt };
  const saving = answer(http.PUT("/api/saved/{room}/{seq}", { params, body }));
  return attempt(saving.then((saved) => chat.saved.put(saved)));
}

export async function forget(chat: Chat, { room, seq }: Place): Promise<boolean> {
  const params = { path: { room, seq } };
  return attempt(answer(http.DELETE("/api/saved/{room}/{seq}", { params })).then(() => chat.saved.drop({ room, seq })));
}

/** Saved if it is not, or no longer. */
export async function toggleSaved(chat: Chat, message: Place): Promise<void> {
  const wasSaved = chat.saved.of(message) !== undefined;
  const done = await (wasSaved ? forget(chat, message) : save(chat, message));
  if (done) toast(t(wasSaved ? "saved.removed" : "saved.done"));
}
