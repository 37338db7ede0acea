/** What one does to a message: asked of the server, with what it refuses told to the user. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";
import { t } from "../i18n/translate.svelte";
import { show } from "../core/navigation/dialogs.svelte";
import { permalink } from "../core/navigation/route.svelte";
import { copy } from "../ui/clipboard";

function path(message: Pick<Message, "room" | "seq">): { room: number; seq: number } {
  return { room: message.room, seq: message.seq };
}

export function remove(message: Message): void {
  const params = { path: path(message) };
  show({
    what: "confirm",
    text: t("message.deleteSure"),
    yes: t("message.delete"),
    act: () => answer(http.DELETE("/api/rooms/{room}/messages/{seq}", { params })).then(() => undefined),
  });
}

export async function copyLink(message: Message): Promise<void> {
  await copy(permalink(message));
}
