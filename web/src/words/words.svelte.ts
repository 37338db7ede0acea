/** What the page says, in the reader's language. English comes with the page, the others when they are chosen. */
import i18next from "i18next";
import en from "./en.json";

type Plural<K> = K extends `${infer Stem}_${"one" | "other"}` ? Stem : K;
/** The texts there are; what is not among them does not compile. */
export type Key = Plural<keyof typeof en>;

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "yi"]);

await i18next.init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: en } },
  keySeparator: false,
  nsSeparator: false,
  // What is shown is set as text, never as HTML.
  interpolation: { escapeValue: false },
});

/** For texts that are fetched when they are needed. */
export { i18next as i18n };

let language = $state<Language>("en");

export function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}

export function currentLanguage(): Language {
  return language;
}

export async function speak(tag: Language): Promise<void> {
  if (tag === "de" && !i18next.hasResourceBundle("de", "translation")) {
    i18next.addResourceBundle("de", "translation", (await import("./de.json")).default);
  }
  await i18next.changeLanguage(tag);
  language = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = RIGHT_TO_LEFT.has(tag) ? "rtl" : "ltr";
}

/** A text, with what is put into it; `count` chooses between one and many. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  // Read, so that what shows a text is drawn anew when the language changes.
  void language;
  return i18next.t(key, values);
}
