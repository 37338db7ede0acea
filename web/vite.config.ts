import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { groups } from "./tools/chunks.js";
import { emoji } from "./tools/emoji.js";
import { packed } from "./tools/packed.js";
import { parts } from "./tools/parts.js";
import { styles } from "./tools/styles.js";
import { worker } from "./tools/worker.js";

// Built into the Python package, which serves it under /app/ with names that tell their content.
const OUT = "../src/hubbub/static/app";

export default defineConfig({
  base: "/app/",
  plugins: [svelte(), emoji(), parts(), styles(), worker(), packed(OUT)],
  // Files find each other from where they are, as the server may be served below a path; the page is told by the server.
  experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === "html" ? undefined : { relative: true }) },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    rollupOptions: {
      checks: { pluginTimings: false },
      input: { page: "index.html", worker: "src/worker.ts" },
      // The worker's address may not change: browsers ask for it again to learn of a new version.
      output: {
        entryFileNames: ({ name }) => (name === "worker" ? "worker.js" : "assets/[name]-[hash].js"),
        codeSplitting: { groups },
      },
    },
  },
  optimizeDeps: { entries: ["index.html", "ui.html"] },
  // `npm --prefix web run dev` beside a server on port 8080.
  server: {
    proxy: {
      "/api": "http://localhost:8080",
      "/static": "http://localhost:8080",
      "/ws": { target: "http://localhost:8080", ws: true },
    },
  },
});
