// A formula as MathML, which the browser draws without fonts of ours.
import katex from "katex";

const DOLLARS = /^\s*\$+(?:\\displaystyle)?([\s\S]*?)\$+\s*$/;

export function formula(latex) {
  const tex = latex.match(DOLLARS)?.[1] ?? latex;
  return katex.renderToString(tex, { output: "mathml", displayMode: true, throwOnError: false });
}
