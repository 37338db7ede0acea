/** Everybody known so far, by id, as last heard of. */
import { SvelteMap } from "svelte/reactivity";
import { answer, http } from "../../api/http";
import type { Notice, Sender, User } from "../../api/shapes";

export class People {
  readonly #known = new SvelteMap<number, User>();
  /** Of whom no more is known than a message tells of its sender. */
  readonly #partly = new Set<number>();
  readonly #asked = new Set<number>();

  get(id: number): User | undefined {
    return this.#known.get(id);
  }

  /** The same, asked for when they are not known yet, or only in part. */
  find(id: number): User | undefined {
    const known = this.#known.get(id);
    if ((known === undefined || this.#partly.has(id)) && !this.#asked.has(id)) {
      this.#asked.add(id);
      void answer(http.GET("/api/users/{user}", { params: { path: { user: id } } })).then(
        (user) => this.note(user),
        () => this.#asked.delete(id),
      );
    }
    return known;
  }

  named(username: string): User | undefined {
    const wanted = username.toLowerCase();
    return [...this.#known.values()].find((user) => user.username.toLowerCase() === wanted);
  }

  all(): User[] {
    return [...this.#known.values()];
  }

  note(user: User): void {
    this.#partly.delete(user.id);
    this.#known.set(user.id, user);
  }

  /** Somebody changed how they are shown: that of nobody who is not known. */
  changed(user: User): void {
    if (this.#known.has(user.id)) this.note(user);
  }

  /** A message names its sender; the rest of them may be known already. */
  noteSender(sender: Sender): void {
    const known = this.#known.get(sender.id);
    if (known === undefined) {
      this.#partly.add(sender.id);
      this.#known.set(sender.id, { ...sender, status: "offline" });
    } else if (known.display_name !== sender.display_name || known.username !== sender.username) {
      this.#known.set(sender.id, { ...known, ...sender });
    }
  }

  /** A notice names who did it, and to whom. */
  noteNamed(notice: Notice): void {
    for (const named of [notice.actor, ...(notice.users ?? [])]) this.noteSender(named);
  }

  presence(id: number, status: User["status"], lastSeen: string | null | undefined): void {
    const known = this.#known.get(id);
    if (known !== undefined) this.#known.set(id, { ...known, status, last_seen: lastSeen ?? known.last_seen ?? null });
  }
}
