/** How long a status lasts. */
import { t } from "../i18n/translate.svelte";

const MINUTE = 60_000;
const CHOICES = ["kept", "never", "half", "hour", "four", "today", "week"] as const;

/** `kept`: it ends when it ended before. */
export type Lasting = (typeof CHOICES)[number];

/** `until`: when the present one ends, in words, if it does. */
export function lastingOptions(until: string | null): { value: Lasting; label: string }[] {
  return CHOICES.filter((choice) => choice !== "kept" || until !== null).map((value) => ({
    value,
    label: value === "kept" ? t("settings.statusEnd.kept", { when: until ?? "" }) : t(`settings.statusEnd.${value}`),
  }));
}

/** The end as the server takes it; undefined leaves it as it is. Days end at midnight here. */
export function endOf(lasting: Lasting, now: Date): string | null | undefined {
  const day = new Date(now);
  day.setHours(24, 0, 0, 0);
  switch (lasting) {
    case "kept":
      return undefined;
    case "never":
      return null;
    case "half":
      return new Date(now.getTime() + 30 * MINUTE).toISOString();
    case "hour":
      return new Date(now.getTime() + 60 * MINUTE).toISOString();
    case "four":
      return new Date(now.getTime() + 240 * MINUTE).toISOString();
    case "today":
      return day.toISOString();
    case "week":
      day.setDate(day.getDate() + 6);
      return day.toISOString();
  }
}
