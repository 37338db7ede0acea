/**
 * What the server refuses, said in the reader's language: by the `reason` of the refusal, else by its `code`; a field by
 * its name and code, else by its code alone. The sentences are fetched when the first is needed.
 */
import { Texts, type Values } from "./texts";
import { currentLanguage, type Language } from "./translate.svelte";

export interface FieldRefusal {
  readonly field: string;
  readonly code: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface Refusal {
  readonly code: string;
  readonly reason?: string | null;
  /** In English: said where there is no sentence for it. */
  readonly detail: string;
  readonly retry_after?: number | null;
}

const sentences = new Texts();
const SENTENCES: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import("./errors.en.json"),
  de: () => import("./errors.de.json"),
};

/** Have the sentences at hand; without a network there may be none, and what the server said stands for them. */
export async function fetchSentences(): Promise<void> {
  const language = currentLanguage();
  if (sentences.has(language)) return;
  try {
    sentences.add(language, (await SENTENCES[language]()).default);
  } catch {
    // Asked for again at the next refusal.
  }
}

/** Why it was refused. */
export function sentence({ code, reason, detail, retry_after }: Refusal): string {
  const wait = retry_after == null ? [] : [`code.${code}.wait`];
  const keys = [...(reason == null ? [] : [`reason.${reason}`]), ...wait, `code.${code}`];
  return first(keys, { count: Math.ceil(retry_after ?? 0), detail }) ?? detail;
}

/** What is wrong with a field. */
export function fieldSentence({ field, code, params = {}, message }: FieldRefusal): string {
  // A field of a list is named with its place: participants.1
  const name = field.replace(/\.\d+$/, "").replace(/s$/, "");
  const count = code === "too_short" ? params["min"] : params["max"];
  const keys = [`field.${field}.${code}`, `field.${name}.${code}`, `field.${code}`];
  // "invalid" is what no code says better: the server's own words do.
  return (code === "invalid" ? undefined : first(keys, { ...params, count, message })) ?? message;
}

function first(keys: readonly string[], values: Values): string | undefined {
  for (const key of keys) {
    const found = sentences.find(currentLanguage(), key, values);
    if (found !== undefined) return found;
  }
  return undefined;
}
