/** Sending messages on, into a room or to a person. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";

export type Target = { readonly room: number } | { readonly to: number };

/** `key`: the same again stores nothing twice. What was sent; raises what `answer` raises. */
export function forward({ room, seq }: Message, target: Target, comment: string, key: string): Promise<Message> {
  const body = { ...target, content: comment, key, forward: { room, seq } };
  return answer(http.POST("/api/messages", { body }));
}
