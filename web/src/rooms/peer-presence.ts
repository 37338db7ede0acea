/** What is said of the other person of a direct conversation, below their name. */
import type { User } from "../api/shapes";
import { shortDate } from "../i18n/dates";
import { t } from "../i18n/translate.svelte";

export function presenceOf(peer: User | undefined): string {
  if (peer === undefined) return "";
  const status = t(`status.${peer.status}`);
  if (peer.status_text != null && peer.status_text !== "") return `${status} · ${peer.status_text}`;
  const seen = peer.status === "offline" && peer.last_seen != null;
  return seen ? t("lastSeen", { when: shortDate(peer.last_seen ?? "") }) : status;
}
