/** The styles that the built page preloads (`tools/styles.js`): resolves when they hold. */
export async function applyStyles(): Promise<void> {
  const links = [...document.querySelectorAll<HTMLLinkElement>("link[rel=preload][as=style]")];
  await Promise.all(
    links.map(
      (link) =>
        new Promise((resolve) => {
          // One that cannot be had is no reason to show nothing.
          link.onload = link.onerror = resolve;
          link.rel = "stylesheet";
        }),
    ),
  );
}
