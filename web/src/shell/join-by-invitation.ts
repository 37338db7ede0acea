/** Whoever is signed in and opens an invitation joins its rooms, if they want to. */
import { answer, http, Refused } from "../api/http";
import { reason } from "../api/refusals";
import type { Chat } from "../core/chat.svelte";
import { show } from "../core/navigation/dialogs.svelte";
import { PASSING } from "../core/outbox/outbox";
import { goRoom } from "../core/navigation/route.svelte";
import "../i18n/later";
import { t } from "../i18n/translate.svelte";
import { forgetInvitation, invitationCode } from "../sign-in/invitation";
import { toast } from "../ui/toast.svelte";

/** Who has been asked: a page asks once. The address keeps the invitation until it is answered. */
let asked: Chat | null = null;

/** The invitation of the page's address, if there is one. */
export async function joinByInvitation(chat: Chat): Promise<void> {
  const invitation = invitationCode();
  if (invitation === null || chat === asked) return;
  asked = chat;
  const params = { path: { invitation } };
  try {
    const { by, rooms } = await answer(http.GET("/api/invitations/{invitation}", { params }));
    const others = rooms.filter(({ id }) => chat.rooms.get(id)?.meta.rank == null);
    if (others.length === 0) {
      toast(t("joining.already"));
      enter(rooms);
      return;
    }
    show({
      what: "confirm",
      text: t("joining.ask", { name: by.display_name, rooms: others.map(({ name }) => `#${name ?? ""}`).join(", ") }),
      yes: t("joining.join"),
      tone: "main",
      act: () => join(invitation).then(() => enter(others)),
      no: forgetInvitation,
    });
  } catch (cause) {
    refused(cause);
    toast(reason(cause));
  }
}

async function join(invitation: string): Promise<void> {
  try {
    await answer(http.POST("/api/invitations/{invitation}/join", { params: { path: { invitation } } }));
  } catch (cause) {
    refused(cause);
    throw cause;
  }
}

/** One that cannot be used is not asked about again; one for which there was no answer is. */
function refused(cause: unknown): void {
  if (cause instanceof Refused && !PASSING.has(cause.code)) forgetInvitation();
}

function enter([first]: readonly { readonly id: number }[]): void {
  forgetInvitation();
  if (first !== undefined) goRoom(first.id);
}
