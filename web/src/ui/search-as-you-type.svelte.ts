/** Asking while somebody types: not at every key, and what was asked before the last time is of no interest. */
import { untrack } from "svelte";

/** Milliseconds without a key after which it is asked. */
const PAUSE = 150;

/**
 * Call it while a component is made. `ask` is called with what is wanted, at once the first time; what it gives goes to
 * `found` unless something else is wanted by then. It answers for its errors itself.
 */
export function searching<Wanted, Found>(
  wanted: () => Wanted,
  ask: (wanted: Wanted) => Promise<Found>,
  found: (answer: Found) => void,
): void {
  let pause = 0;
  $effect(() => {
    const now = wanted();
    let current = true;
    const timer = setTimeout(() => {
      void untrack(() => ask(now)).then((answer) => {
        if (current) found(answer);
      });
    }, pause);
    pause = PAUSE;
    return () => {
      current = false;
      clearTimeout(timer);
    };
  });
}
