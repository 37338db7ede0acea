/** What is fetched while somebody signs in: one file, so that it is one request and compresses as a whole. */
export { Chat } from "../core/chat.svelte";
export { onMessage } from "../notifications/notifications.svelte";
export { default as AppShell } from "./AppShell.svelte";
