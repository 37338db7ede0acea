// First load must stay small: the script that the sign-in page and then the chat itself need, compressed as it is sent.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = "../src/hubbub/static/app";
const LARGEST = 150 * 1024;
/** What is fetched for the first screen, as `tools/chunks.js` names it; everything else waits until it is used. */
const FIRST = ["page", "chat", "signed-in"];

/** @type {Record<string, {file: string, name: string, imports?: string[]}>} */
const manifest = JSON.parse(readFileSync(`${OUT}/.vite/manifest.json`, "utf-8"));

/** @type {Set<string>} */
const wanted = new Set();
/** @param {string} name */
function want(name) {
  const chunk = manifest[name];
  if (wanted.has(chunk.file)) return;
  wanted.add(chunk.file);
  chunk.imports?.forEach(want);
}
for (const name of FIRST) {
  const found = Object.keys(manifest).filter(
    (key) => manifest[key].name === name && manifest[key].file.endsWith(".js"),
  );
  if (found.length === 0) throw new Error(`${name} is not in the build: tools/budget.js must be told its new name.`);
  found.forEach(want);
}

const size = [...wanted]
  .filter((file) => file.endsWith(".js"))
  .reduce((sum, file) => sum + gzipSync(readFileSync(`${OUT}/${file}`), { level: 9 }).length, 0);
const told = `${(size / 1024).toFixed(1)} KiB of script at first load, ${LARGEST / 1024} allowed`;
if (size > LARGEST) {
  console.error(`Too much: ${told}.`);
  process.exit(1);
}
console.log(told);
