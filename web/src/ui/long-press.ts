/** `{@attach longPress(act)}`: by a finger that rests. The menu that the browser would open then is not shown. */
import type { Attachment } from "svelte/attachments";

/** Milliseconds of a long press, and the pixels a finger may move meanwhile. */
const LONG = 500;
const STILL = 10;

export function longPress(act: () => void): Attachment<HTMLElement> {
  return (node) => {
    let press: { readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> } | null = null;
    let isHeld = false;

    function pointerdown(event: PointerEvent): void {
      if (event.pointerType !== "touch") return;
      isHeld = false;
      press = { x: event.clientX, y: event.clientY, timer: setTimeout(held, LONG) };
    }
    function held(): void {
      press = null;
      isHeld = true;
      getSelection()?.removeAllRanges();
      act();
    }
    function pointermove(event: PointerEvent): void {
      if (press !== null && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL) release();
    }
    function release(): void {
      if (press !== null) clearTimeout(press.timer);
      press = null;
    }
    /** What follows the press belongs to it. */
    function swallow(event: Event): void {
      // The browser's own time may be a little shorter.
      if (press !== null && event.type === "contextmenu") {
        release();
        held();
      }
      if (!isHeld) return;
      event.preventDefault();
      if (event.type === "click") {
        event.stopPropagation();
        isHeld = false;
      }
    }

    const events = { pointerdown, pointermove, pointerup: release, pointercancel: release, contextmenu: swallow };
    const listeners = Object.entries(events) as [string, EventListener][];
    for (const [name, listener] of listeners) node.addEventListener(name, listener);
    node.addEventListener("click", swallow, true);
    return () => {
      release();
      for (const [name, listener] of listeners) node.removeEventListener(name, listener);
      node.removeEventListener("click", swallow, true);
    };
  };
}
