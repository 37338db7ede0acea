/**
 * What the page says, in the reader's language. English comes with the page, the others when they are chosen; what is only said
 * by parts that are fetched later comes with them (`en.later.json`).
 */
import { fetched } from "../fetched";
import en from "./en.json";
import { Texts } from "./texts";
import type later from "./en.later.json";

type Plural<K> = K extends `${infer Stem}_${"one" | "other"}` ? Stem : K;
/** The texts there are; what is not among them does not compile. */
export type Key = Plural<keyof typeof en | keyof typeof later>;

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "yi"]);

export const texts = new Texts();
texts.add("en", en);

let language = $state<Language>("en");
let wanted: Language = "en";

export function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}

export function currentLanguage(): Language {
  return language;
}

export async function speak(tag: Language): Promise<void> {
  wanted = tag;
  if (tag === "de" && !texts.has("de")) texts.add("de", (await fetched(() => import("./de.json"))).default);
  // Another one may have been chosen while this was fetched.
  if (wanted !== tag) return;
  language = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = RIGHT_TO_LEFT.has(tag) ? "rtl" : "ltr";
}

/** A text, with what is put into it; `count` chooses between one and many. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return texts.find(language, key, values) ?? key;
}
