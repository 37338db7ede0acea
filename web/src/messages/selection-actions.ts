/** What one does to several messages at once. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { show } from "../core/navigation/dialogs.svelte";
import { endSelection } from "../core/navigation/selection.svelte";
import { shortDate } from "../i18n/dates";
import { t } from "../i18n/translate.svelte";
import { attempt } from "../ui/attempt";
import { copy } from "../ui/clipboard";
import { toast } from "../ui/toast.svelte";

/** As text: who wrote what and when. */
export async function copyAll(chat: Chat, messages: readonly Message[]): Promise<void> {
  const texts = messages.map(({ sender, at, content }) => {
    const name = chat.people.find(sender.id)?.display_name ?? sender.display_name;
    return `${name}, ${shortDate(at)}\n${content}`;
  });
  await copy(texts.join("\n\n"));
  endSelection();
}

/** Those that are saved stay so, with their reminders. */
export async function saveAll(chat: Chat, messages: readonly Message[]): Promise<void> {
  const saving = async (): Promise<void> => {
    for (const { room, seq } of messages) {
      if (chat.saved.of({ room, seq }) !== undefined) continue;
      const params = { path: { room, seq } };
      chat.saved.put(await answer(http.PUT("/api/saved/{room}/{seq}", { params, body: {} })));
    }
  };
  if (!(await attempt(saving()))) return;
  toast(t("saved.done"));
  endSelection();
}

/** `others`: how many of those that are selected one may not delete. */
export function removeAll(messages: readonly Message[], others: number): void {
  const sure = t("select.deleteSure", { count: messages.length });
  show({
    what: "confirm",
    text: others === 0 ? sure : `${sure} ${t("select.deleteOthers", { count: others })}`,
    yes: t("select.delete", { count: messages.length }),
    act: async () => {
      for (const { room, seq } of messages) {
        await answer(http.DELETE("/api/rooms/{room}/messages/{seq}", { params: { path: { room, seq } } }));
      }
      endSelection();
    },
  });
}
