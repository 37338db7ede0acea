/** Times as people read them, in their language and zone. */
import { midnight, today } from "./clock.svelte";
import { currentLanguage, t } from "./translate.svelte";

/** The reader's own region within the language, such as en-GB, where the browser tells one. */
function locale(): string {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${JSON.stringify(options)}`;
  const found = formats.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  formats.set(key, found);
  return found;
}

export function timeOfDay(at: string): string {
  return format({ hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** The same without a half of the day, where there is little room. */
export function shortTime(at: string): string {
  return timeOfDay(at).replace(/\s?[AP]M/i, "");
}

export function fullTime(at: string): string {
  return format({ dateStyle: "full", timeStyle: "short" }).format(new Date(at));
}

export function shortDate(at: string): string {
  return format({ dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

/** Today, yesterday, or the date. */
export function dayName(at: string): string {
  const date = new Date(at);
  const now = today();
  // Two days in a row may be an hour more or less than that apart.
  const days = Math.round((now - midnight(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const year = date.getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return format({ weekday: "long", day: "numeric", month: "long", ...year }).format(date);
}

/** For the list of rooms: the time today, else the day. */
export function when(at: string): string {
  const date = new Date(at);
  if (midnight(date) === today()) return timeOfDay(at);
  const year = date.getFullYear() === new Date(today()).getFullYear() ? {} : ({ year: "numeric" } as const);
  return format({ day: "numeric", month: "short", ...year }).format(date);
}

/** Where no line above tells the day: the time, with the day before it when that is not today. */
export function dayAndTime(at: string): string {
  return midnight(new Date(at)) === today() ? timeOfDay(at) : `${when(at)}, ${timeOfDay(at)}`;
}
