/** What messages do not need in the first second. */
export { default as MessageTools } from "./MessageTools.svelte";
export { default as EmojiPicker } from "../ui/EmojiPicker.svelte";
export { default as ForwardedMessage } from "./ForwardedMessage.svelte";
export { default as RowCheck } from "./RowCheck.svelte";
export { default as SelectionBar } from "./SelectionBar.svelte";
export { default as KeptMarks } from "./KeptMarks.svelte";
export { toggleSaved } from "./keep-actions";
