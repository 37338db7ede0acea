/** What one chose for this browser: theme, language, notifications. The same in all of its tabs. */
import { isLanguage, speak, type Language } from "../i18n/translate.svelte";

export const THEMES = ["system", "light", "dark", "contrast", "contrast-dark"] as const;
export type Theme = (typeof THEMES)[number];

const PREFIX = "hubbub.";
const MORE = matchMedia("(prefers-contrast: more)");

class Preferences {
  theme = $state<Theme>("system");
  notify = $state(false);

  constructor() {
    this.#read();
    MORE.addEventListener("change", () => this.#read());
    window.addEventListener("storage", (event: StorageEvent) => {
      if (event.key?.startsWith(PREFIX) === true) {
        this.#read();
        void this.speak();
      }
    });
  }

  setTheme(theme: Theme): void {
    save("theme", theme);
    this.#read();
  }

  setNotify(on: boolean): void {
    save("notify", on ? "yes" : "no");
    this.#read();
  }

  setLanguage(language: Language): Promise<void> {
    save("language", language);
    return speak(language);
  }

  /** Speak the language that was chosen, else the first of the browser's that is spoken here. */
  async speak(): Promise<void> {
    const wanted = [load("language") ?? "", ...navigator.languages.map((tag) => tag.split("-")[0] ?? "")];
    await speak(wanted.find(isLanguage) ?? "en");
  }

  /**
   * Whether somebody was signed in here. The cookie itself is out of the page's reach; asking without one would leave
   * an error in the browser's console at every first visit.
   */
  get signedIn(): boolean {
    return load("signed-in") === "yes";
  }

  set signedIn(yes: boolean) {
    save("signed-in", yes ? "yes" : "no");
  }

  #read(): void {
    const theme = load("theme");
    this.theme = THEMES.find((one) => one === theme) ?? "system";
    this.notify = load("notify") === "yes";
    const { dataset } = document.documentElement;
    delete dataset.theme;
    delete dataset.contrast;
    if (this.theme !== "system")
      dataset.theme = this.theme === "contrast" ? "light" : this.theme.replace("contrast-", "");
    if (this.theme === "system" ? MORE.matches : this.theme.startsWith("contrast")) dataset.contrast = "more";
  }
}

function load(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

function save(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // A browser that keeps nothing: it holds for this page.
  }
}

export const preferences = new Preferences();
