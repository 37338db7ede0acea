/** Texts that were not sent are thrown away. For a moment they can be brought back. */
import type { Chat } from "../core/chat.svelte";
import type { EditCommand } from "../core/outbox/commands";
import type { Outgoing } from "../core/outbox/outbox";
import type { Draft } from "../core/persistence/schema";
import { t } from "../i18n/translate.svelte";
import { toast } from "../ui/toast.svelte";

export function discardDraft({ drafts }: Chat, draft: Draft): void {
  drafts.discard(draft);
  offer(() => drafts.change(draft));
}

export function discardMessage({ outgoing }: Chat, message: Outgoing): void {
  outgoing.discard(message.key);
  offer(() => outgoing.restore(message));
}

export function discardEdit({ commands }: Chat, edit: EditCommand): void {
  commands.discard(edit);
  offer(() => commands.restore(edit));
}

function offer(act: () => void): void {
  toast(t("drafts.discarded"), { text: t("drafts.restore"), act });
}
