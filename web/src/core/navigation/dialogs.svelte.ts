/** Which dialog is open: one at a time. */
import type { Message } from "../../api/shapes";

export type Wanted =
  | { readonly what: "palette" }
  | { readonly what: "shortcuts" }
  | { readonly what: "browse" }
  | { readonly what: "create" }
  | { readonly what: "direct" }
  | { readonly what: "settings" }
  | { readonly what: "workspace" }
  | { readonly what: "unsent" }
  | { readonly what: "day"; readonly room: number }
  | { readonly what: "invite"; readonly room: number }
  | { readonly what: "invitations"; readonly room: number | null }
  | { readonly what: "edits"; readonly message: Message }
  | { readonly what: "reactions"; readonly message: Message }
  | {
      readonly what: "forward";
      readonly messages: readonly Message[];
      /** They have been sent. */
      readonly done?: () => void;
    }
  | { readonly what: "person"; readonly user: number }
  | {
      readonly what: "time";
      readonly title: string;
      /** Of the button. */
      readonly yes: string;
      /** Whether it was done. */
      readonly choose: (at: Date) => Promise<boolean>;
    }
  | {
      readonly what: "confirm";
      readonly text: string;
      readonly yes: string;
      readonly tone?: "main";
      readonly act: () => Promise<void>;
      /** It was closed without a yes. */
      readonly no?: () => void;
    };

let wanted = $state.raw<Wanted | null>(null);

export function openDialog(): Wanted | null {
  return wanted;
}

export function show(dialog: Wanted): void {
  wanted = dialog;
}

export function closeDialog(): void {
  wanted = null;
}
