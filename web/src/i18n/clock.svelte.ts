/** The day it is here: what says "Today" is drawn anew when it has become yesterday, though nothing else happens. */

/** Milliseconds. A machine that sleeps stops its timers: so often it is looked whether the day is still the same. */
const AT_LEAST_EVERY = 60_000;

/** The beginning of the local day: days of 23 and 25 hours have one too. */
export function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Milliseconds until the next local midnight. */
export function untilMidnight(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}

let day = $state(midnight(new Date()));
let timer: ReturnType<typeof setTimeout> | undefined;

/** The midnight at which today began, in milliseconds since 1970. */
export function today(): number {
  return day;
}

function look(): void {
  clearTimeout(timer);
  const now = new Date();
  day = midnight(now);
  timer = setTimeout(look, Math.min(AT_LEAST_EVERY, untilMidnight(now) + 1));
}

for (const woken of ["focus", "pageshow", "online"]) addEventListener(woken, look);
document.addEventListener("visibilitychange", look);
look();
