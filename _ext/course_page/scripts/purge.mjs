// Drop from a style sheet what no page and no script can use.
// in:  { css, names: "tags, classes, ids and attributes of every page", scripts: "all of them" }
// out: the smaller style sheet
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const { css, names, scripts } = JSON.parse(readFileSync(0, "utf8"));
const [purged] = await new PurgeCSS().purge({
  content: [
    { raw: names, extension: "html" },
    { raw: scripts, extension: "js" },
  ],
  css: [{ raw: css }],
  keyframes: true,
  variables: true,
  safelist: { variables: [/^--(figure|label)-/] }, // inline figures name them
});
process.stdout.write(JSON.stringify(purged.css));
