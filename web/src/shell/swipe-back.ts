/** A swipe from the edge of the screen, at which the text begins: on a phone it goes back. */

/** Pixels from the edge within which it begins, and that it goes across. */
const EDGE = 48;
const ACROSS = 70;

interface Swipe {
  readonly start: (event: TouchEvent) => void;
  readonly end: (event: TouchEvent) => void;
}

export function swipeBack(back: () => void): Swipe {
  let from: { x: number; y: number } | null = null;
  return {
    start: ({ touches: [touch] }) => {
      const rtl = document.documentElement.dir === "rtl";
      const isAtEdge = touch !== undefined && (rtl ? innerWidth - touch.clientX : touch.clientX) < EDGE;
      from = isAtEdge ? { x: touch.clientX, y: touch.clientY } : null;
    },
    end: ({ changedTouches: [touch] }) => {
      if (from !== null && touch !== undefined) {
        const across = Math.abs(touch.clientX - from.x);
        if (across > ACROSS && Math.abs(touch.clientY - from.y) < across / 2) back();
      }
      from = null;
    },
  };
}
