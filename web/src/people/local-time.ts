/** What time it is where somebody is. */
import { currentLanguage } from "../i18n/translate.svelte";

/** As text; null for a zone that this browser does not know. */
export function localTime(zone: string, now: Date): string | null {
  try {
    const options = { hour: "2-digit", minute: "2-digit", weekday: "short", timeZone: zone } as const;
    return new Intl.DateTimeFormat(currentLanguage(), options).format(now);
  } catch {
    return null;
  }
}
