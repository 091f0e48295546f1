// Bundle each widget, a folder of src/widgets/, to ../invertviz/static/<name>.js and .css, for users
// without node. `npm run build` builds all, `npm run build -- drawing_canvas` one.

import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { parse } from "node:path";
import { build } from "esbuild";

const STATIC = "../invertviz/static";

const all = (await readdir("src/widgets")).filter((name) =>
  existsSync(`src/widgets/${name}/view.ts`),
);
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

await build({
  entryPoints: names.flatMap((name) => [
    { in: `src/widgets/${name}/view.ts`, out: name },
    { in: `src/widgets/${name}/style.css`, out: name },
  ]),
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
