declare module "virtual:emoji" {
  /** The emoji, its group, its codes and words to find it by. */
  const rows: readonly (readonly [emoji: string, group: number, codes: string, words: string])[];
  export default rows;
}
