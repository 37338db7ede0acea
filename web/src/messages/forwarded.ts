/** What a forwarded message holds, and where it came from. */
import { answer, http, Refused } from "../api/http";
import type { Message, Sender, Source } from "../api/shapes";

/** The kind of such messages. */
const FORWARD = "forward";

export interface Forwarded {
  readonly text: string;
  readonly author: Sender;
  readonly at: string;
  readonly comment: string | null;
}

export function isForwarded({ kind }: Pick<Message, "kind">): boolean {
  return kind === FORWARD;
}

/** Null for other messages, and for one that a later server makes in another way. */
export function forwardedOf({ kind, extra }: Pick<Message, "kind" | "extra">): Forwarded | null {
  if (kind !== FORWARD || extra == null) return null;
  const { text, author, at, comment } = extra;
  if (typeof text !== "string" || typeof at !== "string" || !isSender(author)) return null;
  return { text, author, at, comment: typeof comment === "string" ? comment : null };
}

function isSender(value: unknown): value is Sender {
  if (typeof value !== "object" || value === null) return false;
  const { id, username, display_name: name } = value as Record<string, unknown>;
  return typeof id === "number" && typeof username === "string" && typeof name === "string";
}

/** Null if one may not read it there. Raises Unreachable. */
export async function sourceOf({ room, seq }: Pick<Message, "room" | "seq">): Promise<Source | null> {
  // Most readers have none: to them that is no error.
  const params = { path: { room, seq }, query: { missing: "empty" as const } };
  try {
    return (await answer(http.GET("/api/rooms/{room}/messages/{seq}/source", { params }))) ?? null;
  } catch (problem) {
    if (problem instanceof Refused) return null;
    throw problem;
  }
}
