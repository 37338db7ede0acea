/** Draws the tooltip of `tooltip.ts`: a separate file, as it is fetched when the first one is shown. */
import { mount, unmount } from "svelte";
import { holderOf } from "./place";
import Tooltip from "./Tooltip.svelte";

/** Returns what hides it. `leave` and `stay`: the pointer has left it, or has come onto it. */
export function showTooltip(
  anchor: HTMLElement,
  text: string,
  { leave, stay }: { readonly leave: () => void; readonly stay: () => void },
): () => void {
  const bubble = mount(Tooltip, { target: holderOf(anchor), props: { text, anchor, leave, stay } });
  return () => void unmount(bubble);
}
