/** The invitation that the address carries: `/join#CODE`. What is behind the # is not sent to the server. */
import { BASE } from "../base";
import { go } from "../core/navigation/route.svelte";

export function invitationCode(): string | null {
  const code = location.hash.slice(1);
  return location.pathname === `${BASE}join` && code !== "" ? code : null;
}

/** It was answered. The address is that of the rooms again: a reload asks for no second account. */
export function forgetInvitation(): void {
  if (location.pathname === `${BASE}join`) go({}, "replace");
}
