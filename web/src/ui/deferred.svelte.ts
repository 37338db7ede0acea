/** Fetches what is not part of the first load: once the page has settled, or when the first of it is wanted. */
import { t } from "../i18n/translate.svelte";
import { toast } from "./toast.svelte";

/** Milliseconds in which the page is drawn and one's rooms come. */
const SETTLED = 400;
/** Milliseconds until it is tried again, without a network. */
const AGAIN = 10_000;

/** The parts of one feature that are fetched later: `new Deferred(() => import("./later"))`. */
export class Deferred<Parts> {
  #loaded = $state.raw<Parts | null>(null);

  constructor(private readonly fetch: () => Promise<Parts>) {
    all.push(this);
  }

  /** Null as long as it has not come. */
  get parts(): Parts | null {
    return this.#loaded;
  }

  async load(): Promise<void> {
    this.#loaded ??= (await Promise.all([this.fetch(), import("../i18n/later")]))[0];
  }

  /** Now, for somebody who waits for it. `giveUp` is called, and they are told, if it cannot be had. */
  loadNow(giveUp: () => void): void {
    if (this.#loaded !== null) return;
    this.load().catch(() => {
      giveUp();
      toast(t("door.unreachable"));
    });
  }
}

const all: Deferred<unknown>[] = [];

/** All of it, without a word, and again until it has come. Returns what calls it off. */
export function loadSoon(wait = SETTLED): () => void {
  let timer = setTimeout(attempt, wait);
  function attempt(): void {
    Promise.all(all.map((deferred) => deferred.load())).catch(() => (timer = setTimeout(attempt, AGAIN)));
  }
  return () => clearTimeout(timer);
}
