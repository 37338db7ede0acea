/** Who was signed in last: so that the page opens with their rooms before, or without, the server's answer. */
import type { User } from "../../api/shapes";

const NAME = "hubbub.user";

export function lastUser(): User | null {
  try {
    const text = localStorage.getItem(NAME);
    return text === null ? null : (JSON.parse(text) as User);
  } catch {
    return null;
  }
}

export function rememberUser(user: User | null): void {
  try {
    if (user === null) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, JSON.stringify(user));
  } catch {
    // A browser that keeps nothing.
  }
}
