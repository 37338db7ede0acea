/** Times of fields of type `datetime-local`: by the clock of the device. */

/** Null if the time is none, or over. */
export function comingTime(typed: string, now = Date.now()): Date | null {
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) || at.getTime() <= now ? null : at;
}

/** The next full hour: the first value of such a field. */
export function nextHour(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 1);
}

/** As such a field has it: `2026-01-31T09:00`. */
export function fieldTime(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
