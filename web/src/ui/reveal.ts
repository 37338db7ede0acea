/**
 * Scroll a list, and nothing around it, so that one of its rows is seen. `scrollIntoView` moves everything that the row is
 * in, the page itself too. `margin`: pixels to be left free above and below.
 */
export function reveal(list: HTMLElement, row: Element, where: "start" | "center" | "nearest", margin = 0): void {
  const { top, bottom, height } = row.getBoundingClientRect();
  const first = list.getBoundingClientRect().top + list.clientTop;
  const above = top - first - margin;
  const below = bottom - first - list.clientHeight + margin;
  if (where === "start") list.scrollTop += above;
  else if (where === "center") list.scrollTop += top - first - (list.clientHeight - height) / 2;
  else if (above < 0) list.scrollTop += above;
  else if (below > 0) list.scrollTop += Math.min(above, below);
}
