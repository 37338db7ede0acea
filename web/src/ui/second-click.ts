/**
 * The second click of a double click, or of a double tap, does something where the first one did, or nothing: what has
 * opened under the pointer meanwhile, or was beneath what has closed, is not what was meant. To be imported for its effect.
 */

/** What a click does something to; all else is one. */
const ACTIVE = "a[href], button, input, label, select, summary, textarea, dialog, [role='option']";
/** Taps are not counted by every browser: milliseconds and pixels between two of one double tap. */
const SOON = 300;
const NEAR = 24;

interface Click {
  readonly x: number;
  readonly y: number;
  readonly at: number;
  readonly on: Element | null;
}

let before: Click | null = null;

function isSecond(event: PointerEvent, { x, y, at }: Click): boolean {
  if (event.pointerType !== "touch") return event.detail > 1;
  return event.timeStamp - at < SOON && Math.hypot(event.clientX - x, event.clientY - y) < NEAR;
}

function clicked(event: MouseEvent): void {
  // By the keyboard, or by a script. Firefox and Safari have had plain mouse events for clicks.
  if (event.detail === 0 || !(event instanceof PointerEvent)) return;
  let on = event.target instanceof Element ? event.target.closest(ACTIVE) : null;
  // A label clicks what it names.
  if (on instanceof HTMLLabelElement) on = on.control ?? on;
  if (before !== null && isSecond(event, before) && on !== before.on) {
    event.preventDefault();
    event.stopImmediatePropagation();
    on = before.on;
  }
  before = { x: event.clientX, y: event.clientY, at: event.timeStamp, on };
}

addEventListener("click", clicked, true);
