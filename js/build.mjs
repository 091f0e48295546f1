// Bundle each widget of src/widgets/ to ../invertviz/static/<name>.js and .css, for users without node.
// `npm run build` builds all, `npm run build -- drawing_canvas` one.

import { readdir, rm } from "node:fs/promises";
import { parse } from "node:path";
import { build } from "esbuild";

const STATIC = "../invertviz/static";

const files = (await readdir("src/widgets")).filter((file) => file.endsWith(".ts"));
const all = files.map((file) => parse(file).name);
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

await build({
  entryPoints: names.flatMap((name) => [`src/widgets/${name}.ts`, `src/styles/${name}.css`]),
  entryNames: "[name]",
  outdir: STATIC,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  minify: true,
  charset: "utf8",
});
for (const file of await readdir(STATIC)) {
  if (!all.includes(parse(file).name)) await rm(`${STATIC}/${file}`);
}
