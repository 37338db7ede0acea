// The service worker is told at build time which files make the shell of the page, and a name that changes with them.
import { createHash } from "node:crypto";

// Fetched when somebody first shows code, which stays plain without it, and kept from then on.
const LATER = /worker\.js|common-/;

/** @returns {import("vite").Plugin} */
export function worker() {
  return {
    name: "worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const shell = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name) && !LATER.test(name));
        const version = createHash("sha256").update(shell.sort().join()).digest("hex").slice(0, 12);
        for (const file of Object.values(bundle)) {
          if (file.fileName !== "worker.js" || file.type !== "chunk") continue;
          file.code = file.code
            .replace("__SHELL__", JSON.stringify(shell.map((name) => `app/${name}`)))
            .replace("__VERSION__", JSON.stringify(version));
        }
      },
    },
  };
}
