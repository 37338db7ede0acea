// The page of all parts, `ui.html`, at `/ui` of the development server. The build does not know of it.

/** @returns {import("vite").Plugin} */
export function parts() {
  return {
    name: "parts",
    apply: "serve",
    configureServer({ middlewares, config: { base } }) {
      middlewares.use((request, _, next) => {
        request.url = request.url?.replace(/^\/ui(?=$|\?)/, `${base}ui.html`);
        next();
      });
    },
  };
}
