// Join the modules of a page's script, and of the packages that they import, into few small files.
// in:  { entry: path of the first module, packages: the folder node_modules }
// out: { files: { name: text }, used: [name of a package] }
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

const { entry, packages } = JSON.parse(readFileSync(0, "utf8"));
const { outputFiles, metafile } = await build({
  entryPoints: [entry],
  nodePaths: [packages],
  bundle: true,
  splitting: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  metafile: true,
  outdir: ".",
});
const files = outputFiles.map(({ path, text }) => [basename(path), text]);
const names = Object.keys(metafile.inputs).map((path) => path.match(/node_modules\/(@[^/]+\/)?[^/]+/));
const used = [...new Set(names.filter(Boolean).map(([path]) => path.slice("node_modules/".length)))];
process.stdout.write(JSON.stringify({ files: Object.fromEntries(files), used: used.sort() }));
