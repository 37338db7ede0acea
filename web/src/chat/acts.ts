/** What one does to a message: asked of the server, with what it refuses told to the user. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";
import { t } from "../words/words.svelte";
import { say, show } from "./dialogs.svelte";
import { permalink } from "./place.svelte";
import { reason } from "./refusals";

function path(message: Pick<Message, "room" | "seq">): { room: number; seq: number } {
  return { room: message.room, seq: message.seq };
}

/** Do it; say why when it cannot be done. Whether it was. */
export async function attempt(act: Promise<unknown>): Promise<boolean> {
  try {
    await act;
    return true;
  } catch (problem) {
    say(reason(problem));
    return false;
  }
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
  await copy(permalink(message.room, message.seq));
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } catch {
    say(text);
  }
}
