/** What the composer does not need in the first second. */
export { default as CompletionList } from "./CompletionList.svelte";
export { default as EmojiPicker } from "../ui/EmojiPicker.svelte";
export { default as AlsoInRoom } from "./AlsoInRoom.svelte";
export { default as SendLater } from "./SendLater.svelte";
