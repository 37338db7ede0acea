/** What the page does not need in the first second. */
export { default as SidePanel } from "./SidePanel.svelte";
export { default as BrowseDialog } from "../rooms/BrowseDialog.svelte";
export { default as ConfirmDialog } from "../ui/ConfirmDialog.svelte";
export { default as CreateRoomDialog } from "../rooms/CreateRoomDialog.svelte";
export { default as InvitationsDialog } from "../workspace/InvitationsDialog.svelte";
export { default as ForwardDialog } from "../rooms/ForwardDialog.svelte";
export { default as JumpToDayDialog } from "../messages/JumpToDayDialog.svelte";
export { default as TimeDialog } from "../messages/TimeDialog.svelte";
export { default as EditsDialog } from "../messages/EditsDialog.svelte";
export { default as ReactionsDialog } from "../messages/ReactionsDialog.svelte";
export { default as PeopleDialog } from "../people/PeopleDialog.svelte";
export { default as PersonDialog } from "../people/PersonDialog.svelte";
export { default as SettingsDialog } from "../settings/SettingsDialog.svelte";
export { default as ShortcutsDialog } from "../palette/ShortcutsDialog.svelte";
export { default as WorkspaceDialog } from "../workspace/WorkspaceDialog.svelte";
export { default as UnsentDialog } from "../composer/UnsentDialog.svelte";
