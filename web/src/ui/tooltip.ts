/**
 * A tooltip for an element, `{@attach tooltip(text)}`: ARIA's Tooltip pattern. It shows after the pointer has rested
 * there, and at once for the keyboard; Escape hides it, and the pointer may move onto it. What is shown is fetched then.
 */
import type { Attachment } from "svelte/attachments";

/** Milliseconds of rest before it shows, and of grace for the way onto it. */
const REST = 500;
const GRACE = 120;

export function tooltip(text: string): Attachment<HTMLElement> {
  return (anchor) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wish: symbol | null = null;
    let hide: (() => void) | null = null;

    async function show(): Promise<void> {
      if (wish !== null) return;
      const mine = Symbol();
      wish = mine;
      try {
        const { showTooltip } = await import("./tooltip-bubble");
        // It may have ended while this was fetched, and another one begun.
        if (wish === mine && anchor.isConnected) hide = showTooltip(anchor, text, { leave: soon, stay });
      } catch {
        // Without a network the name has to do.
        wish = null;
      }
    }
    function end(): void {
      clearTimeout(timer);
      wish = null;
      hide?.();
      hide = null;
    }
    function soon(): void {
      clearTimeout(timer);
      timer = setTimeout(end, GRACE);
    }
    function stay(): void {
      clearTimeout(timer);
    }

    const events: Partial<{ [Name in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[Name]) => void }> = {
      pointerenter: ({ pointerType }) => {
        clearTimeout(timer);
        if (pointerType === "mouse") timer = setTimeout(() => void show(), REST);
      },
      pointerleave: soon,
      pointerdown: end,
      focus: () => anchor.matches(":focus-visible") && void show(),
      blur: end,
      keydown: ({ key }) => key === "Escape" && end(),
    };
    const listeners = Object.entries(events) as [string, EventListener][];
    for (const [name, listener] of listeners) anchor.addEventListener(name, listener);
    return () => {
      end();
      for (const [name, listener] of listeners) anchor.removeEventListener(name, listener);
    };
  };
}
