/** What nobody needs in the first second. It is fetched by `deferred.svelte.ts`. */
export { default as Completion } from "./Completion.svelte";
export { default as EmojiPicker } from "./EmojiPicker.svelte";
export { default as MessageTools } from "./MessageTools.svelte";
export { default as Panel } from "./Panel.svelte";
export { default as Browse } from "./dialogs/Browse.svelte";
export { default as Confirm } from "./dialogs/Confirm.svelte";
export { default as Create } from "./dialogs/Create.svelte";
export { default as Day } from "./dialogs/Day.svelte";
export { default as Edits } from "./dialogs/Edits.svelte";
export { default as People } from "./dialogs/People.svelte";
export { default as Person } from "./dialogs/Person.svelte";
export { default as Settings } from "./dialogs/Settings.svelte";
export { default as Shortcuts } from "./dialogs/Shortcuts.svelte";
export { default as Unsent } from "./dialogs/Unsent.svelte";
