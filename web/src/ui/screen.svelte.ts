/** Whether there is room for one pane only, as on a phone. The style sheets ask the same question. */
const query = matchMedia("(max-width: 760px)");

let narrow = $state(query.matches);
query.addEventListener("change", () => (narrow = query.matches));

export function isNarrow(): boolean {
  return narrow;
}
