/** Sending messages on, into a room or to a person. */
import { answer, http, Refused } from "../api/http";
import type { Message } from "../api/shapes";
import type { Chat } from "../core/chat.svelte";
import { newKey } from "../core/outbox/message-queue.svelte";

export type Target = { readonly room: number } | { readonly to: number };

/** Messages on their way to one target, with a comment. After a failure the rest is sent. */
export class Forwarding {
  /** A message that is sent again is the same one: the same key again stores nothing twice. */
  #left: readonly { readonly message: Message; readonly key: string }[];
  /** The comment that has been sent. */
  #said = "";

  constructor(
    private readonly messages: readonly Message[],
    private readonly target: Target,
  ) {
    this.#left = messages.map((message) => ({ message, key: newKey() }));
  }

  get sent(): number {
    return this.messages.length - this.#left.length;
  }

  /** The room they are in now. The comment comes with the first. Raises what `answer` raises, after all that can be sent. */
  async send(comment: string): Promise<number> {
    let place = 0;
    let gone: Refused | null = null;
    for (const { message, key } of this.#left) {
      const content = comment === this.#said ? "" : comment;
      const { room, seq } = message;
      const body = { ...this.target, content, key, forward: { room, seq } };
      try {
        ({ room: place } = await answer(http.POST("/api/messages", { body })));
      } catch (problem) {
        // It is gone, the others may be there.
        if (!(problem instanceof Refused) || problem.code !== "not_found") throw problem;
        gone ??= problem;
        continue;
      }
      this.#said = comment;
      this.#left = this.#left.filter((other) => other.message !== message);
    }
    if (gone !== null) throw gone;
    return place;
  }
}

const comments = new WeakMap<Chat, Map<string, string>>();

/** What was said about messages when their dialog was closed before they were sent. */
export function keptComment(
  chat: Chat,
  messages: readonly Message[],
): { readonly text: string; keep: (text: string) => void } {
  const all = comments.get(chat) ?? new Map<string, string>();
  comments.set(chat, all);
  const key = messages.map(({ room, seq }) => `${room}/${seq}`).join();
  return { text: all.get(key) ?? "", keep: (text) => void (text === "" ? all.delete(key) : all.set(key, text)) };
}
