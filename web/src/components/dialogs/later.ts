/** The dialogs that nobody needs in the first second: fetched once the page stands. */
export { default as Browse } from "./Browse.svelte";
export { default as Create } from "./Create.svelte";
export { default as Day } from "./Day.svelte";
export { default as Edits } from "./Edits.svelte";
export { default as People } from "./People.svelte";
export { default as Person } from "./Person.svelte";
export { default as Settings } from "./Settings.svelte";
export { default as Shortcuts } from "./Shortcuts.svelte";
export { default as Unsent } from "./Unsent.svelte";
