// What a browser loads before the first page is usable, compressed, against the limit: the page, its
// script, all that these import without being asked, and the frame of the pages.
import { readFileSync, statSync } from "node:fs";

const FIRST_LOAD_BYTES_MAX = 700 * 1024;
const site = new URL("../dist/site/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(`${site}.vite/manifest.json`, "utf8"));
const FIRST = ["index.html", "src/components/Shell.tsx", "src/pages/buckets/BucketList.tsx"];

const files = new Set(["index.html"]);
function add(name) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is no part of the console`);
  if (files.has(chunk.file)) return;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
  for (const other of chunk.imports ?? []) add(other);
}
FIRST.forEach(add);
// Signing in takes what the entry loads when the form is sent.
manifest["index.html"].dynamicImports.forEach(add);
// Two weights of one alphabet; the others are not asked for.
const FONTS_BYTES = 2 * 18 * 1024;

const size = (file) => {
  for (const ending of [".br", ""]) {
    try {
      return statSync(site + file + ending).size;
    } catch {
      // Not every file has a compressed form.
    }
  }
  throw new Error(`${file} is missing`);
};
const total = [...files].reduce((sum, file) => sum + size(file), FONTS_BYTES);
console.log(`first load: ${(total / 1024).toFixed(0)} KiB in ${files.size} files, at most ${FIRST_LOAD_BYTES_MAX / 1024}`);
if (total > FIRST_LOAD_BYTES_MAX) process.exit(1);
