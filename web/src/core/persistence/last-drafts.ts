/** Drafts that could not be saved before the page was left. Written at once, so it may be done in the last moment. */
import type { Draft } from "./schema";

function name(user: number): string {
  return `hubbub.drafts.${user}`;
}

export function keepLast(user: number, drafts: readonly Draft[]): void {
  if (drafts.length === 0) return;
  try {
    localStorage.setItem(name(user), JSON.stringify(drafts));
  } catch {
    // A browser that keeps nothing, or a text that is too long for it.
  }
}

/** What was kept; it is taken out. */
export function takeLast(user: number): readonly Draft[] {
  try {
    const text = localStorage.getItem(name(user));
    localStorage.removeItem(name(user));
    return text === null ? [] : (JSON.parse(text) as Draft[]);
  } catch {
    return [];
  }
}
