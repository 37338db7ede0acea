/** The entries above the list of rooms, in their order: each leads to a view. */
import AtSign from "@lucide/svelte/icons/at-sign";
import Bookmark from "@lucide/svelte/icons/bookmark";
import MessagesSquare from "@lucide/svelte/icons/messages-square";
import Pencil from "@lucide/svelte/icons/pencil";
import type { Component } from "svelte";
import type { Chat } from "../core/chat.svelte";
import { here, type View } from "../core/navigation/route.svelte";
import type { Key } from "../i18n/translate.svelte";

export interface SidebarView {
  readonly view: View;
  readonly icon: Component<{ size?: number | string }>;
  readonly label: Key;
  /** Another view that is a page of this one. */
  readonly also?: View;
  /** What is new there, or waits there; none is shown for 0. `isUnread`: the entry stands out, as a room with news does. */
  readonly count: (chat: Chat) => { readonly count: number; readonly label: Key; readonly isUnread: boolean };
}

export const SIDEBAR_VIEWS: readonly SidebarView[] = [
  {
    view: "threads",
    icon: MessagesSquare,
    label: "threads.title",
    count: (chat) => ({ count: chat.threads.followed.unread, label: "threads.unread", isUnread: true }),
  },
  {
    view: "mentions",
    icon: AtSign,
    label: "mentions.title",
    count: (chat) => ({
      count: chat.rooms.summary().mentions + chat.threads.followed.mentions,
      label: "mentions.unread",
      isUnread: true,
    }),
  },
  {
    view: "saved",
    icon: Bookmark,
    label: "saved.title",
    count: (chat) => ({ count: chat.saved.due().length, label: "saved.dueCount", isUnread: true }),
  },
  {
    view: "drafts",
    icon: Pencil,
    label: "drafts.title",
    also: "scheduled",
    count: (chat) => {
      const failed = chat.scheduled.failed().length;
      if (failed > 0) return { count: failed, label: "later.failedCount", isUnread: true };
      return { count: begunElsewhere(chat), label: "drafts.count", isUnread: false };
    },
  },
];

/** What is being written in the room that is open is before one's eyes. */
function begunElsewhere(chat: Chat): number {
  return chat.drafts.begun().filter(({ room }) => room !== here().room).length;
}
