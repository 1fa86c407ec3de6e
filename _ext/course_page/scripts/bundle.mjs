// Join the modules of a page's script, and of the packages that they import, into few small files.
// in:  { folder, entry: path of the first module }
// out: { name of a file: its text }
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

const { entry, packages } = JSON.parse(readFileSync(0, "utf8"));
const { outputFiles } = await build({
  entryPoints: [entry],
  nodePaths: [packages],
  bundle: true,
  splitting: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  outdir: ".",
});
const files = outputFiles.map(({ path, text }) => [basename(path), text]);
process.stdout.write(JSON.stringify(Object.fromEntries(files)));
