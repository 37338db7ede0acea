/** The room that was just lost, and the one that somebody has just brought one into: to say so. */
import { answer, http } from "../../api/http";
import type { Room, User } from "../../api/shapes";
import { t } from "../../i18n/translate.svelte";
import type { People } from "../entities/people.svelte";
import { roomName } from "../entities/room-name";

export class MembershipNews {
  /** Without its name when one left it here. */
  lost = $state.raw<{ room: number; name: string | null } | null>(null);
  added = $state.raw<{ room: Room; by: string } | null>(null);
  readonly #leaving = new Set<number>();
  readonly #asking = new Map<number, Promise<User | undefined>>();

  constructor(
    private readonly me: number,
    private readonly people: People,
  ) {}

  /** Leave a room, without the message about a lost room. Raises what `answer` raises. */
  async leave(room: number): Promise<void> {
    const params = { path: { room, user: this.me } };
    this.#leaving.add(room);
    try {
      await answer(http.DELETE("/api/rooms/{room}/members/{user}", { params }));
    } catch (problem) {
      this.#leaving.delete(room);
      throw problem;
    }
  }

  /** `as` it was known last. */
  wasLost(room: number, as: Room | undefined): void {
    const isOwnWish = this.#leaving.delete(room);
    this.lost = { room, name: isOwnWish || as === undefined ? null : roomName(as) };
  }

  async wasAdded(room: Room): Promise<void> {
    const user = room.me?.added_by ?? 0;
    const by = this.people.get(user) ?? (await this.#ask(user));
    this.added = { room, by: by?.display_name ?? t("room.someone") };
  }

  /** One question for all that want to know it at the same time: somebody may add one to many rooms. */
  #ask(user: number): Promise<User | undefined> {
    const asking =
      this.#asking.get(user) ??
      answer(http.GET("/api/users/{user}", { params: { path: { user } } }))
        .then((found) => {
          this.people.note(found);
          return found;
        })
        .catch(() => undefined)
        .finally(() => this.#asking.delete(user));
    this.#asking.set(user, asking);
    return asking;
  }
}
