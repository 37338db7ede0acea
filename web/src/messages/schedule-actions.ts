/** What one does to a scheduled message: asked of the server, with what it refuses told to the user. */
import { answer, http } from "../api/http";
import type { Scheduled } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { go } from "../core/navigation/route.svelte";
import { shortDate } from "../i18n/dates";
import { t } from "../i18n/translate.svelte";
import { attempt } from "../ui/attempt";
import { toast } from "../ui/toast.svelte";

export type NewScheduled = Pick<Scheduled, "room" | "content" | "thread" | "also_in_room" | "reply_to">;

/** Whether the message will be sent then. */
export async function schedule(chat: Chat, message: NewScheduled, at: Date): Promise<boolean> {
  const body = { ...message, at: at.toISOString() };
  const done = await attempt(
    answer(http.POST("/api/scheduled", { body })).then((scheduled) => chat.scheduled.put(scheduled)),
  );
  const see = { text: t("saved.see"), act: () => go({ view: "scheduled" }) };
  if (done) toast(t("later.set", { when: shortDate(body.at) }), see);
  return done;
}

/** Raises what the server refuses. */
export async function change(chat: Chat, id: number, content: string, at: Date | null): Promise<void> {
  const body = at === null ? { content } : { content, at: at.toISOString() };
  chat.scheduled.put(await answer(http.PATCH("/api/scheduled/{scheduled_message}", { params: params(id), body })));
}

/** It leaves the list a moment later, or has failed. */
export async function sendNow(chat: Chat, { id }: Scheduled): Promise<void> {
  const sending = answer(http.POST("/api/scheduled/{scheduled_message}/send", { params: params(id) }));
  await attempt(sending.then((scheduled) => chat.scheduled.put(scheduled)));
}

export async function drop(chat: Chat, { id }: Scheduled): Promise<void> {
  await answer(http.DELETE("/api/scheduled/{scheduled_message}", { params: params(id) }));
  chat.scheduled.drop(id);
}

function params(id: number): { path: { scheduled_message: number } } {
  return { path: { scheduled_message: id } };
}
