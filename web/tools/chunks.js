// The first load in two files, one for the sign-in page and one for the chat behind it: many small ones compress worse.
import { join } from "node:path";

/** What begins each file, and its name. What an earlier one reaches is in it. */
const FIRST = [
  ["src/main.ts", "page"],
  ["src/shell/signed-in.ts", "chat"],
];

/** @type {Map<string, string>} */
const names = new Map();

/** @param {string} id @param {string} name @param {(id: string) => {importedIds: readonly string[]} | null} info */
function reach(id, name, info) {
  if (names.has(id)) return;
  names.set(id, name);
  for (const imported of info(id)?.importedIds ?? []) reach(imported, name, info);
}

/** For Vite: a module goes into the file that it was first reached for; the page's own before the chat's. */
export const groups = FIRST.map(([, name], place) => ({
  priority: FIRST.length - place,
  /** @param {string} id @param {{getModuleInfo: any}} context */
  name: (id, context) => {
    const info = (/** @type {string} */ other) => context.getModuleInfo(other);
    if (names.size === 0) for (const [entry, of] of FIRST) reach(join(process.cwd(), entry), of, info);
    return names.get(id) === name ? name : null;
  },
}));
