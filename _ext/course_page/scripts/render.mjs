// Mathematics to HTML and figures to small inline SVG, all of a book in one run.
// in:  { maths: [{ tex, display }], figures: [{ svg, prefix }] }
// out: { maths: [html or { error }], figures: [svg] }
import { readFileSync } from "node:fs";
import katex from "katex";
import { optimize } from "svgo";

const task = JSON.parse(readFileSync(0, "utf8"));

const maths = task.maths.map(({ tex, display }) => {
  try {
    return katex.renderToString(tex, { displayMode: display, strict: "error" });
  } catch (error) {
    return { error: error.message };
  }
});

const figures = task.figures.map(({ svg, prefix }) =>
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
  }).data,
);

process.stdout.write(JSON.stringify({ maths, figures }));
