// Mathematics to HTML and figures to small inline SVG, all of a book in one run.
// in:  [{ tex, display } or { svg, prefix }]
// out: [html or { error }, or svg]
import { readFileSync } from "node:fs";
import katex from "katex";
import { optimize } from "svgo";

const formula = ({ tex, display }) => {
  try {
    return katex.renderToString(tex, { displayMode: display, strict: "error" });
  } catch (error) {
    return { error: error.message };
  }
};

const figure = ({ svg, prefix }) =>
  optimize(svg, {
    multipass: true,
    floatPrecision: 2,
    plugins: [
      {
        name: "preset-default",
        params: { overrides: { removeUnknownsAndDefaults: { keepRoleAttr: true } } },
      },
      "removeXlink",
      "removeXMLNS",
      // Ids are the page's, which may hold other figures.
      { name: "prefixIds", params: { prefix, delim: "-" } },
    ],
  }).data;

const tasks = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(tasks.map((task) => ("tex" in task ? formula : figure)(task))));
