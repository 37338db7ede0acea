/** Do something when the page has nothing else to do, or in a few seconds. Safari does not tell when it is idle. */
export function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: 4_000 });
  else setTimeout(act, 500);
}
