/** Shows the menu of `context-menu.ts`: a separate file, as it is fetched when the first one is opened. */
import { mount, unmount } from "svelte";
import type { MenuGroup } from "./menu";
import MenuList from "./MenuList.svelte";
import { holderOf, type Box } from "./place";

/** Resolves when it is closed. */
export function showMenu(
  node: HTMLElement,
  label: string,
  groups: readonly MenuGroup[],
  anchor: Box,
  held: boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const props = { label, groups, anchor: () => anchor, wish: { gap: 0 }, held, closed };
    const menu = mount(MenuList, { target: holderOf(node), props });
    function closed(): void {
      resolve();
      // It is being hidden: only after that.
      queueMicrotask(() => void unmount(menu));
    }
  });
}
