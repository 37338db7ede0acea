/** A row that has the focus keeps it when it moves within its list: the browser takes it from an element that is moved. */

/** `rows`: what the list is drawn from, in its order. To be called as a component starts. */
export function keepFocus(list: () => HTMLElement | undefined, rows: () => unknown): void {
  let focused: HTMLElement | null = null;
  $effect.pre(() => {
    rows();
    const active = document.activeElement;
    focused = active instanceof HTMLElement && list()?.contains(active) === true ? active : null;
  });
  $effect(() => {
    rows();
    if (focused?.isConnected === true && document.activeElement !== focused) focused.focus({ preventScroll: true });
  });
}
