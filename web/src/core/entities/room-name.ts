/** What a room is called. */
import type { Room } from "../../api/shapes";
import { t } from "../../i18n/translate.svelte";

export function roomName(room: Pick<Room, "id" | "kind" | "name" | "peer">): string {
  if (room.kind === "direct") return room.peer?.display_name ?? t("room.someone");
  return room.name ?? t("room.unnamed", { id: room.id });
}
