/** All texts that are not with the others yet: drafts, edits that are half done, and what waits in the outbox. */
import type { Chat } from "../core/chat.svelte";
import { roomName } from "../core/entities/room-name";
import { go, goRoom } from "../core/navigation/route.svelte";
import { t, type Key } from "../i18n/translate.svelte";
import { discardDraft, discardMessage } from "../messages/discard";

export interface Begun {
  readonly key: string;
  readonly room: string;
  readonly text: string;
  /** What it is. */
  readonly kind: Key;
  readonly problem?: string | undefined;
  /** When it was typed, in milliseconds since 1970, where that is known. */
  readonly at?: number | undefined;
  /** Null where one cannot go there any more. */
  readonly open: (() => void) | null;
  readonly retry?: () => void;
  /** Null for what is on its way. */
  readonly discard: (() => void) | null;
}

function drafts(chat: Chat, name: (room: number) => string): Begun[] {
  return chat.drafts.begun().map((draft) => {
    const [, kind, seq] = draft.key.split("/");
    const isMine = chat.rooms.get(draft.room)?.room.me != null;
    const { room } = draft;
    const open = (): void => (kind === "thread" ? go({ room, panel: "thread", thread: Number(seq) }) : goRoom(room));
    return {
      key: `draft ${draft.key}`,
      room: name(room),
      text: draft.text,
      kind: kind === "thread" ? "drafts.thread" : kind === "edit" ? "drafts.edit" : "drafts.message",
      at: draft.at,
      problem: isMine || !chat.greeted ? undefined : t("unsent.left"),
      open: isMine ? open : null,
      discard: () => discardDraft(chat, draft),
    };
  });
}

export function begun(chat: Chat): Begun[] {
  const name = (id: number, before?: string): string => {
    const room = chat.rooms.get(id)?.room;
    return room !== undefined ? roomName(room) : (before ?? t("room.unnamed", { id }));
  };
  const waiting = chat.outgoing.all.map((message): Begun => {
    const id = "room" in message.destination ? message.destination.room : null;
    const isFailed = message.state === "failed";
    return {
      key: message.key,
      room: id === null ? "" : name(id, message.roomName),
      text: message.content,
      kind: isFailed ? "drafts.failed" : "drafts.waiting",
      problem: message.problem,
      at: message.writtenAt,
      open: id === null || chat.rooms.get(id)?.room.me == null ? null : () => goRoom(id),
      ...(isFailed && { retry: () => chat.outgoing.retry(message.key) }),
      discard: isFailed ? () => discardMessage(chat, message) : null,
    };
  });
  return [...waiting, ...drafts(chat, name).sort((one, other) => (other.at ?? 0) - (one.at ?? 0))];
}
