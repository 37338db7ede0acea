/**
 * Texts by language and key, with values put into them: `{{name}}`. `key_one` and `key_other` are those of a count, as
 * the language counts (`Intl.PluralRules`). What a language does not have is said in English.
 */
type Words = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, unknown>>;

export class Texts {
  readonly #words = new Map<string, Words>();
  readonly #plurals = new Map<string, Intl.PluralRules>();

  has(language: string): boolean {
    return this.#words.has(language);
  }

  /** More of them, beside those there are. */
  add(language: string, words: Words): void {
    this.#words.set(language, { ...this.#words.get(language), ...words });
  }

  /** Undefined if there is none. */
  find(language: string, key: string, values: Values = {}): string | undefined {
    const found = this.#in(language, key, values["count"]) ?? this.#in("en", key, values["count"]);
    return found?.replace(/\{\{(\w+)\}\}/g, (_, name: string) => shown(values[name]));
  }

  #in(language: string, key: string, count: unknown): string | undefined {
    const words = this.#words.get(language);
    if (words === undefined || typeof count !== "number") return words?.[key];
    return words[`${key}_${this.#plural(language).select(count)}`] ?? words[`${key}_other`] ?? words[key];
  }

  #plural(language: string): Intl.PluralRules {
    const found = this.#plurals.get(language) ?? new Intl.PluralRules(language);
    this.#plurals.set(language, found);
    return found;
  }
}

function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
