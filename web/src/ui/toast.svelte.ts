/** A line at the foot of the page that goes away by itself, with a button if something can be done about it. */

// Milliseconds.
const SHOWN = 5_000;
const SHOWN_WITH_ACTION = 10_000;

export interface ToastAction {
  readonly text: string;
  readonly act: () => void;
}

let text = $state("");
let action = $state.raw<ToastAction | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** What can show the notice: the page, and above it each open dialog. */
let holders = $state.raw<readonly object[]>([]);

export function noticeHolder(): { readonly isLast: boolean; readonly end: () => void } {
  const holder = {
    get isLast(): boolean {
      return holders.at(-1) === holder;
    },
    end: (): void => void (holders = holders.filter((other) => other !== holder)),
  };
  holders = [...holders, holder];
  return holder;
}

/** Empty when nothing is shown. */
export function currentToast(): string {
  return text;
}

export function currentAction(): ToastAction | null {
  return action;
}

export function toast(shown: string, offered: ToastAction | null = null): void {
  text = shown;
  action = offered;
  clearTimeout(timer);
  timer = setTimeout(() => (text = ""), offered === null ? SHOWN : SHOWN_WITH_ACTION);
}

export function dismissToast(): void {
  clearTimeout(timer);
  text = "";
  action = null;
}
