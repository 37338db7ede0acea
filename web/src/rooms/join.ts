/** Ways into a room. Each raises what `answer` raises. */
import { answer, http } from "../api/http";
import type { NewRoom } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { closeDialog } from "../core/navigation/dialogs.svelte";
import { goRoom } from "../core/navigation/route.svelte";

/** A room as wished, or the conversation that there is already; then one is in it. */
export async function makeRoom(chat: Chat, wanted: Partial<NewRoom>): Promise<void> {
  const made = await answer(http.POST("/api/rooms", { body: { joins_as: "member", ...wanted } }));
  chat.sync.refresh(made);
  if (made.me?.archived === true) await chat.membership.change(made.id, { archived: false });
  closeDialog();
  goRoom(made.id);
}

export function writeTo(chat: Chat, user: number): Promise<void> {
  return makeRoom(chat, { kind: "direct", members: [user] });
}

export async function joinRoom(chat: Chat, room: number): Promise<void> {
  await answer(http.POST("/api/rooms/{room}/members", { params: { path: { room } }, body: {} }));
  await chat.sync.ask(room);
}
