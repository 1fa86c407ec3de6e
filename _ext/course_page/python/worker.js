// Python, in a worker of its own, so that an endless loop cannot stop the page.
// in:  { packages, course } once, then { source, alt } for each cell
// out: { kind: "progress", bytes } while files arrive, "ready", what a cell says and shows (see
//      kernel/__init__.py), "done" with { ok, seconds }, or "dead" with why
importScripts("pyodide.js");
const HOME = new URL("./", self.location.href).href;
const say = (kind, more = {}) => postMessage({ kind, ...more });
const dead = (error) => {
  const lines = String(error?.message ?? error).trim().split("\n"); // Python's reason is the last
  say("dead", { why: lines.at(-1) });
};
let kernel;

// Every file goes through this fetch, which counts what has arrived.
const fetched = self.fetch.bind(self);
self.fetch = async (...asked) => {
  const answer = await fetched(...asked);
  if (!answer.ok || !answer.body) return answer;
  const counting = new TransformStream({
    transform(part, control) {
      say("progress", { bytes: part.byteLength });
      control.enqueue(part);
    },
  });
  const { status, headers } = answer;
  return new Response(answer.body.pipeThrough(counting), { status, headers });
};

async function begin({ packages, course }) {
  const archive = fetch(HOME + course).then((answer) => {
    if (!answer.ok) throw new Error(`${course} did not arrive (${answer.status})`);
    return answer.arrayBuffer();
  });
  const python = await loadPyodide({ indexURL: HOME, packages, env: { HOME: "/home/pyodide" } });
  const missing = packages.filter((name) => !(name in python.loadedPackages));
  if (missing.length) throw new Error(`${missing.join(", ")} did not arrive`);
  python.unpackArchive(await archive, "zip", { extractDir: "/home/pyodide" });
  python.runPython("import sys; sys.path.insert(0, '/home/pyodide')");
  kernel = python.pyimport("kernel");
  kernel.begin((text) => postMessage(JSON.parse(text)));
  say("ready");
}

function run({ source, alt }) {
  const start = performance.now();
  const ok = kernel.run(source, alt);
  say("done", { ok, seconds: (performance.now() - start) / 1000 });
}

onmessage = async ({ data }) => {
  try {
    await (kernel ? run(data) : begin(data));
  } catch (error) {
    dead(error);
  }
};
