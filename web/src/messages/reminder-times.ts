/** When one can be reminded, without naming a time of one's own: by the clock of the device. */
export const CHOICES = ["minutes", "hour", "hours", "tomorrow", "monday"] as const;
export type Choice = (typeof CHOICES)[number];

const MINUTE = 60_000;
/** The hour at which a day begins. */
const MORNING = 9;

export function timeOf(choice: Choice, now: Date): Date {
  switch (choice) {
    case "minutes":
      return new Date(now.getTime() + 20 * MINUTE);
    case "hour":
      return new Date(now.getTime() + 60 * MINUTE);
    case "hours":
      return new Date(now.getTime() + 180 * MINUTE);
    case "tomorrow":
      return morning(now, 1);
    case "monday":
      // On a Monday it is the one after.
      return morning(now, (8 - now.getDay()) % 7 || 7);
  }
}

/** By the calendar, not by 24 hours: a day may have 23 or 25. */
function morning(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING);
}
