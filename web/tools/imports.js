// Which folder may import which, and no circle of imports, type imports included. dependency-cruiser compiles components,
// which drops their type imports; so it is given a copy in which each component is the TypeScript of its scripts.
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";

const COPY = "node_modules/.cache/imports";
const SCRIPT = /<script[^>]*>([^]*?)<\/script>/g;

/** Folders of `src/`, and those that their files may import from beside their own. Others may import from all. */
const MAY_IMPORT = {
  i18n: [],
  text: [],
  api: ["i18n"],
  ui: ["api", "text", "i18n"],
  core: ["api", "text", "i18n"],
  plugins: ["api", "core"],
};
/** Features, in an order in which each may import from those before it. */
const FEATURES = [
  "messages",
  "notifications",
  "composer",
  "kept",
  "rooms",
  "threads",
  "activity",
  "people",
  "workspace",
  "palette",
  "settings",
  "sign-in",
  "shell",
];
const BELOW = Object.keys(MAY_IMPORT);
FEATURES.forEach((feature, place) => {
  MAY_IMPORT[feature] = [...BELOW, ...FEATURES.slice(0, place)];
});

const rules = Object.entries(MAY_IMPORT).map(([folder, others]) => ({
  name: `${folder} imports from [${others.join(", ")}] only`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/[^/]+/", pathNot: `^src/(${[folder, ...others].join("|")})/` },
}));

rmSync(COPY, { recursive: true, force: true });
mkdirSync(COPY, { recursive: true });
cpSync("src", join(COPY, "src"), { recursive: true });
for (const name of readdirSync(COPY, { recursive: true, encoding: "utf-8" })) {
  if (!name.endsWith(".svelte")) continue;
  const file = join(COPY, name);
  const scripts = [...readFileSync(file, "utf-8").matchAll(SCRIPT)].map(([, script]) => script);
  writeFileSync(file, scripts.join("\n"));
  // What imports "./X.svelte" finds it there.
  renameSync(file, `${file}.ts`);
}

const { output, exitCode } = await cruise(["src"], {
  baseDir: COPY,
  tsPreCompilationDeps: true,
  doNotFollow: { path: "node_modules" },
  outputType: "err",
  validate: true,
  ruleSet: {
    forbidden: [{ name: "no circle", severity: "error", from: {}, to: { circular: true } }, ...rules],
  },
});
console.log(String(output).trim());
process.exit(exitCode);
