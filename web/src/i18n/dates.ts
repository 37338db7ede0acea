/** Times as people read them, in their language and zone. */
import { midnight, today } from "./clock.svelte";
import { currentLanguage, t } from "./translate.svelte";

/** The reader's own region within the language, such as en-GB, where the browser tells one. */
function locale(): string {
  const language = currentLanguage();
  const { languages } = navigator;
  if (known.language !== language || known.languages !== languages) {
    const found = languages.find((tag) => tag.split("-")[0] === language) ?? language;
    known = { language, languages, found };
  }
  return known.found;
}

/** Asked for with every time that is shown. */
let known: { language: string; languages: readonly string[]; found: string } = {
  language: "",
  languages: [],
  found: "",
};

/** By locale, and then by what one of the constants below asks for: making one takes long. */
const formats = new Map<string, Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const ofLocale = formats.get(locale()) ?? new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();
  formats.set(locale(), ofLocale);
  const found = ofLocale.get(options) ?? new Intl.DateTimeFormat(locale(), options);
  ofLocale.set(options, found);
  return found;
}

const TIME = { hour: "2-digit", minute: "2-digit" } as const;
const FULL = { dateStyle: "full", timeStyle: "short" } as const;
const SHORT = { dateStyle: "medium", timeStyle: "short" } as const;
const LONG_DAY = { weekday: "long", day: "numeric", month: "long" } as const;
const LONG_DAY_OF_YEAR = { ...LONG_DAY, year: "numeric" } as const;
const DAY = { day: "numeric", month: "short" } as const;
const DAY_OF_YEAR = { ...DAY, year: "numeric" } as const;

export function timeOfDay(at: string): string {
  return format(TIME).format(new Date(at));
}

/** The same without a half of the day, where there is little room. */
export function shortTime(at: string): string {
  return timeOfDay(at).replace(/\s?[AP]M/i, "");
}

export function fullTime(at: string): string {
  return format(FULL).format(new Date(at));
}

export function shortDate(at: string): string {
  return format(SHORT).format(new Date(at));
}

/** Today, yesterday, or the date. */
export function dayName(at: string): string {
  const date = new Date(at);
  const now = today();
  // Two days in a row may be an hour more or less than that apart.
  const days = Math.round((now - midnight(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return format(isThisYear ? LONG_DAY : LONG_DAY_OF_YEAR).format(date);
}

/** For the list of rooms: the time today, else the day. */
export function when(at: string): string {
  const date = new Date(at);
  if (midnight(date) === today()) return timeOfDay(at);
  const isThisYear = date.getFullYear() === new Date(today()).getFullYear();
  return format(isThisYear ? DAY : DAY_OF_YEAR).format(date);
}

/** Where no line above tells the day: the time, with the day before it when that is not today. */
export function dayAndTime(at: string): string {
  return midnight(new Date(at)) === today() ? timeOfDay(at) : `${when(at)}, ${timeOfDay(at)}`;
}
