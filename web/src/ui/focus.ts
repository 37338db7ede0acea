/** The focus goes back to where it came from when what has taken it goes away. */

/** What had the focus when it was taken away for something that is still to come. */
let awaiting: Element | null = null;

/** Take the focus away: what is typed meanwhile is for what is to come, which gives it back to where it was. */
export function dropFocus(): void {
  awaiting = document.activeElement;
  if (awaiting instanceof HTMLElement) awaiting.blur();
}

/** Call it before the focus is taken; what it gives, when that is to go back. */
export function focusBefore(): () => void {
  const before: HTMLElement[] = [];
  // What had it may be gone by then, as a button that is shown under the pointer only: then what it was in has it.
  const from = document.activeElement === document.body ? awaiting : document.activeElement;
  awaiting = null;
  for (let node = from; node instanceof HTMLElement; node = node.parentElement) {
    if (node !== document.body) before.push(node);
  }
  return () => {
    for (const node of [...before, ...ELSE.flatMap((part) => [...document.querySelectorAll<HTMLElement>(part)])]) {
      if (!node.isConnected || !node.checkVisibility()) continue;
      node.focus({ preventScroll: true });
      if (document.activeElement === node) return;
    }
  };
}

/** Where it goes when nothing of that is left, as on a page that has become another: the field, or the list of rooms. */
const ELSE = ["#composer", "nav a[tabindex='0']", "nav button"];
