/** Which rows of a long list are drawn: all have the same height. Pure. Sizes in pixels, places from 0. */

/** Rows drawn above and below what is in sight: a step of the wheel finds them there. */
const BESIDE = 10;

export interface View {
  /** How far the list is scrolled, and how much of it is seen. */
  readonly top: number;
  readonly height: number;
  readonly row: number;
}

/** The first and the last row of which at least half is seen; the last is less than the first when there is none. */
export function inSight({ top, height, row }: View): { readonly first: number; readonly last: number } {
  return { first: Math.max(0, Math.ceil(top / row - 0.5)), last: Math.floor((top + height) / row - 0.5) };
}

/** The places to draw, in order. `held`: one that is drawn wherever it is, or -1. */
export function stretch({ top, height, row, count, held }: View & { count: number; held: number }): number[] {
  const from = Math.max(0, Math.min(count, Math.floor(top / row) - BESIDE));
  const to = Math.min(count, Math.ceil((top + height) / row) + BESIDE);
  const places = Array.from({ length: Math.max(0, to - from) }, (_, number) => from + number);
  if (held < 0 || held >= count || (held >= from && held < to)) return places;
  return held < from ? [held, ...places] : [...places, held];
}
