/** Copies a text, and says so; where the page may not, shows it for copying by hand. */
import { t } from "../i18n/translate.svelte";
import { toast } from "./toast.svelte";

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(text);
  }
}
