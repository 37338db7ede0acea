/** Opening a thread, and following it. */
import { onDestroy } from "svelte";
import { answer, http } from "../api/http";
import type { Chat } from "../core/chat.svelte";
import { Thread } from "../core/entities/thread.svelte";

/**
 * A thread for the component that shows it: the message it is about, and its replies; null for a room that is not known.
 * `at`: the reply to begin at, else where one left off. `most`: replies of a page.
 */
export function openThread(chat: Chat, room: number, root: number, at: number | null, most?: number): Thread | null {
  const store = chat.rooms.get(room);
  if (store === undefined) return null;
  const thread = new Thread(store, root, chat.threads.came, most);
  onDestroy(chat.threads.show(thread));
  void thread.enter(at);
  return thread;
}

/** Follow a thread from here on, or do so no longer. Raises what `answer` raises. */

export async function followThread(chat: Chat, thread: Thread, on: boolean): Promise<void> {
  const params = { path: { room: thread.room, seq: thread.seq } };
  const url = "/api/rooms/{room}/threads/{seq}/follow";
  const me = await answer(on ? http.PUT(url, { params }) : http.DELETE(url, { params }));
  thread.me = me;
  chat.threads.marked(thread.room, thread.seq, me);
}
