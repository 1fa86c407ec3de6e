// Compile Python packages by the very Python that will import them in a page.
// in:  { program: text of compiling.py, wheels: [zip archive in base64] }
// out: [the archive with compiled modules, in base64]
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const { program, wheels } = JSON.parse(readFileSync(0, "utf8"));
const python = await loadPyodide();
python.runPython(program);
const compiled = python.globals.get("compiled");
process.stdout.write(JSON.stringify(wheels.map((wheel) => compiled(wheel))));
