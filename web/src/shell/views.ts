/** What is shown in place of a room: each is a file of its own, fetched when it is opened or once the page has settled. */
import type { Component } from "svelte";
import type { Chat } from "../core/chat.svelte";
import type { View } from "../core/navigation/route.svelte";
import { Deferred } from "../ui/deferred.svelte";

type Part = { readonly default: Component<{ chat: Chat }> };

export const VIEWS: Readonly<Record<View, Deferred<Part>>> = {
  mentions: new Deferred(() => import("../activity/ActivityView.svelte")),
  threads: new Deferred(() => import("../threads/ThreadsView.svelte")),
  saved: new Deferred(() => import("../kept/SavedView.svelte")),
  drafts: new Deferred(() => import("../kept/DraftsView.svelte")),
  // A page of the same.
  scheduled: new Deferred(() => import("../kept/DraftsView.svelte")),
};
