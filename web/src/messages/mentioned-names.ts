/** Whom and which rooms a message names, as they are called now. */
import { folded } from "../text/mentions";
import type { Names } from "../text/reading";
import type { Chat } from "../core/chat.svelte";

export type Person = NonNullable<ReturnType<Names["person"]>>;

/** Whom the server took to be meant, by the names they are called with. */
export function peopleNamed(chat: Chat, mentions: readonly number[]): [string, Person][] {
  return mentions
    .map((id) => chat.people.find(id))
    .filter((user) => user !== undefined)
    .map(({ id, username, display_name }) => [folded(username), { id, name: display_name, me: id === chat.me.id }]);
}

export function namesOf(chat: Chat, people: ReadonlyMap<string, Person>): Names {
  return { person: (username) => people.get(username) ?? null, room: (name) => chat.rooms.names.id(name) };
}
