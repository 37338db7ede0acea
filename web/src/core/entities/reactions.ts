/**
 * The reactions to a message, and what each event makes of them. `users` names the first twenty, and whoever else is known
 * to have reacted; `count` is how many there are. Pure.
 */
import type { Reaction } from "../../api/shapes";

interface Change {
  readonly emoji: string;
  readonly user: number;
  readonly op: "add" | "remove";
}

/** The browser may keep messages from before there were counts. */
export function countOf({ count, users }: Reaction): number {
  return count ?? users.length;
}

/** With one user's reaction added or taken away; the same where that is so already. */
export function withChange(reactions: readonly Reaction[], { emoji, user, op }: Change): readonly Reaction[] {
  const there = reactions.find((reaction) => reaction.emoji === emoji);
  if (there === undefined) return op === "add" ? [...reactions, { emoji, users: [user], count: 1 }] : reactions;
  const isIn = there.users.includes(user);
  const isPartial = countOf(there) > there.users.length;
  if (op === "add" ? isIn : !isIn && !isPartial) return reactions;
  const fresh =
    op === "add"
      ? { ...there, users: [...there.users, user], count: countOf(there) + 1 }
      : { ...there, users: there.users.filter((other) => other !== user), count: countOf(there) - 1 };
  return reactions.flatMap((reaction) => (reaction !== there ? [reaction] : fresh.count > 0 ? [fresh] : []));
}

/** What an event for everybody says, with those that are known here to be among the ones it does not name. */
export function withKnown(given: readonly Reaction[], known: readonly Reaction[]): readonly Reaction[] {
  return given.map((reaction) => {
    if (reaction.mine != null || countOf(reaction) <= reaction.users.length) return reaction;
    const before = known.find((other) => other.emoji === reaction.emoji)?.users ?? [];
    const more = before.filter((user) => !reaction.users.includes(user));
    return { ...reaction, users: [...reaction.users, ...more].slice(0, countOf(reaction)) };
  });
}
