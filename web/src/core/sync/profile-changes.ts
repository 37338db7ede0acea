/** Who is shown in another way by now, by name, picture or status text: what was not told while there was no connection. */
import { answer, http } from "../../api/http";
import type { User } from "../../api/shapes";

export class ProfileChanges {
  /** The server's time at which everything was known. */
  #since: string | undefined;

  constructor(private readonly changed: (user: User) => void) {}

  /** A new connection, at this time of the server. */
  async ask(now: string): Promise<void> {
    const since = (this.#since ??= now);
    try {
      for (let after = 0, more = true; more;) {
        const page = await answer(http.GET("/api/users/changed", { params: { query: { since, after } } }));
        for (const user of page.users) this.changed(user);
        after = page.users.at(-1)?.id ?? after;
        more = page.has_more;
      }
      this.#since = now;
    } catch {
      // The line is bad: asked once more when it is good again.
    }
  }
}
