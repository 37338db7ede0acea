/** What a menu offers. */
import type { Component } from "svelte";

export interface MenuItem {
  readonly label: string;
  readonly act: () => void;
  /** An icon of Lucide. */
  readonly icon?: Component<{ size?: number | string; class?: string }>;
  /** The shortcut that does the same: `Mod+k`, `R`. */
  readonly keys?: string;
  /** Cannot be undone. */
  readonly alarm?: boolean;
  readonly disabled?: boolean;
  /** Given for what is on or off. */
  readonly checked?: boolean;
}

/** Items that belong together; a line stands between two groups. */
export interface MenuGroup {
  readonly title?: string;
  readonly items: readonly MenuItem[];
}

/** Milliseconds until a typed letter begins a new word. */
const WORD = 700;

/** The letters typed so far as one word, for going to the item that begins with it. */
export function typeahead(): (key: string, labels: readonly string[], from: number) => number {
  let word = "";
  let last = 0;
  return (typed, labels, from) => {
    const key = typed.toLocaleLowerCase();
    const now = performance.now();
    word = now - last > WORD ? key : word + key;
    last = now;
    // The same letter again and again goes from one to the next.
    const isRepeated = word === key.repeat(word.length / key.length);
    const part = isRepeated ? key : word;
    const first = isRepeated ? from + 1 : from;
    for (let step = 0; step < labels.length; step++) {
      const at = (Math.max(first, 0) + step) % labels.length;
      if (labels[at]?.toLocaleLowerCase().startsWith(part) === true) return at;
    }
    return -1;
  };
}
