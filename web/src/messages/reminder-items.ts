/** The times at which one can be reminded of a message, as items of a menu. */
import AlarmClock from "@lucide/svelte/icons/alarm-clock";
import type { Chat } from "../core/chat.svelte";
import { t } from "../i18n/translate.svelte";
import type { MenuItem } from "../ui/menu";
import { toast } from "../ui/toast.svelte";
import { shortDate } from "../i18n/dates";
import { save, type Place } from "./keep-actions";
import { CHOICES, timeOf } from "./reminder-times";

export function reminderItems(chat: Chat, message: Place): MenuItem[] {
  return CHOICES.map((choice) => ({
    label: t(`remind.${choice}`),
    icon: AlarmClock,
    act: () => void remind(chat, message, timeOf(choice, new Date())),
  }));
}

export async function remind(chat: Chat, message: Place, at: Date): Promise<boolean> {
  const when = at.toISOString();
  const done = await save(chat, message, when);
  if (done) toast(t("remind.set", { when: shortDate(when) }));
  return done;
}
