/** The focus goes back to where it came from when what has taken it goes away. */

/** Call it before the focus is taken; what it gives, when that is to go back. */
export function focusBefore(): () => void {
  const before: HTMLElement[] = [];
  // What had it may be gone by then, as a button that is shown under the pointer only: then what it was in has it.
  for (let node = document.activeElement; node instanceof HTMLElement; node = node.parentElement) {
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
