/** Whoever is signed in and opens an invitation joins its rooms, if they want to. */
import { answer, http } from "../api/http";
import { reason } from "../api/refusals";
import type { Chat } from "../core/chat.svelte";
import { show } from "../core/navigation/dialogs.svelte";
import { goRoom } from "../core/navigation/route.svelte";
import "../i18n/later";
import { t } from "../i18n/translate.svelte";
import { forgetInvitation, invitationCode } from "../sign-in/invitation";
import { toast } from "../ui/toast.svelte";

/** The invitation of the page's address, if there is one. It is asked about once. */
export async function joinByInvitation(chat: Chat): Promise<void> {
  const invitation = invitationCode();
  if (invitation === null) return;
  forgetInvitation();
  const params = { path: { invitation } };
  try {
    const { by, rooms } = await answer(http.GET("/api/invitations/{invitation}", { params }));
    const others = rooms.filter(({ id }) => chat.rooms.get(id)?.meta.rank == null);
    if (others.length === 0) {
      toast(t("joining.already"));
      const [first] = rooms;
      if (first !== undefined) goRoom(first.id);
      return;
    }
    show({
      what: "confirm",
      text: t("joining.ask", { name: by.display_name, rooms: others.map(({ name }) => `#${name ?? ""}`).join(", ") }),
      yes: t("joining.join"),
      tone: "main",
      act: async () => {
        await answer(http.POST("/api/invitations/{invitation}/join", { params }));
        const [first] = others;
        if (first !== undefined) goRoom(first.id);
      },
    });
  } catch (cause) {
    toast(reason(cause));
  }
}
