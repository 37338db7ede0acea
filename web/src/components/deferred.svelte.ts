/** Fetches what is not part of the first load: once the page has settled, or when the first of it is wanted. */
import { say } from "../chat/dialogs.svelte";
import { t } from "../words/words.svelte";

type Later = typeof import("./later");

/** Milliseconds in which the page is drawn and one's rooms come. */
const SETTLED = 400;
/** Milliseconds until it is tried again, without a network. */
const AGAIN = 10_000;

let loaded = $state.raw<Later | null>(null);

/** Null as long as it has not come. */
export function later(): Later | null {
  return loaded;
}

async function load(): Promise<void> {
  loaded ??= await import("./later");
}

/** Without a word, and again until it has come. Returns what calls it off. */
export function loadSoon(wait = SETTLED): () => void {
  let timer = setTimeout(attempt, wait);
  function attempt(): void {
    load().catch(() => (timer = setTimeout(attempt, AGAIN)));
  }
  return () => clearTimeout(timer);
}

/** Now, for somebody who waits for it. `giveUp` is called, and they are told, if it cannot be had. */
export function loadNow(giveUp: () => void): void {
  if (loaded !== null) return;
  load().catch(() => {
    giveUp();
    say(t("door.unreachable"));
  });
}
