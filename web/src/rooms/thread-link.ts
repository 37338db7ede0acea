/** A link to a reply that the room does not show leads into its thread. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { isThreadOnly } from "../core/entities/message";
import { go, here } from "../core/navigation/route.svelte";
import { threadPlace } from "../messages/thread-place";

export async function followIntoThread(chat: Chat, room: number, seq: number): Promise<void> {
  const message = chat.rooms.get(room)?.shown(seq) ?? (await fetched(room, seq));
  const place = here();
  if (message === null || place.room !== room || place.seq !== seq) return;
  if (isThreadOnly(message)) go(threadPlace(message), "replace");
}

/** null if it cannot be had: the room is shown where it would be. */
async function fetched(room: number, seq: number): Promise<Message | null> {
  const params = { path: { room, seq } };
  return answer(http.GET("/api/rooms/{room}/messages/{seq}", { params })).catch(() => null);
}
