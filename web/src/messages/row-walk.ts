/** Up and down through messages by keyboard; from the last one down into the field. */
import { shortcut } from "../ui/shortcuts";

/** The row that has the focus now, or null. `field`: what finds the field. */
export function walk(event: KeyboardEvent, rows: readonly HTMLElement[], field: string): HTMLElement | null {
  const wanted = shortcut(event, "message");
  const by = wanted === "messageAbove" ? -1 : wanted === "messageBelow" ? 1 : 0;
  if (by === 0) return null;
  event.preventDefault();
  const next = rows[rows.indexOf(event.target as HTMLElement) + by];
  if (next !== undefined) next.focus({ preventScroll: true });
  else if (by === 1) document.querySelector<HTMLElement>(field)?.focus();
  return next ?? null;
}
