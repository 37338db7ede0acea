/** The shortcuts as a page of the settings and as `/shortcuts`: written as a plugin writes it, with nothing else. */
import { mount, unmount } from "svelte";
import { show } from "../core/navigation/dialogs.svelte";
import { t } from "../i18n/translate.svelte";
import type { PluginApi } from "../plugins/registry.svelte";
import ShortcutList from "./ShortcutList.svelte";

export default function register(hubbub: PluginApi): void {
  hubbub.settingsPage({
    title: () => t("keys.title"),
    render: (element) => {
      const list = mount(ShortcutList, { target: element });
      return () => void unmount(list);
    },
  });
  hubbub.command({
    name: "shortcuts",
    usage: "",
    description: () => t("keys.title"),
    run: () => {
      show({ what: "shortcuts" });
      return undefined;
    },
  });
}
