// There is nothing to see before the script has run, so styles need not hold up the first paint: the built page preloads
// them, and `src/styles.ts` puts them to use before anything is drawn.

/** @returns {import("vite").Plugin} */
export function styles() {
  return {
    name: "styles",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html) => html.replaceAll('<link rel="stylesheet"', '<link rel="preload" as="style"'),
    },
  };
}
