// Python on this page: begun by the button "Run here", see start.js.
import { button, Cell } from "./cell.js";
import * as keeping from "./keeping.js";
import { Kernel } from "./kernel.js";
import { Notebook } from "./notebook.js";

const KEPT = "Your edits stay in this browser; they are sent nowhere. ";
const NOT_KEPT =
  "This browser does not keep your changes: download your work before you leave the page. ";
const LOOSE = "An edit of yours belongs to code that the book has changed since: it is in the download. ";

const read = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not a notebook");
  }
};

const later = (wait, act) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
};

export async function start(bar, words, opener) {
  const home = new URL(bar.dataset.home, document.baseURI);
  const kernel = new Kernel(home, bar.dataset); // which begins while the page is furnished
  try {
    const answer = await fetch(new URL(bar.dataset.notebook, document.baseURI));
    if (!answer.ok) throw new Error(`the notebook: ${answer.status}`);
    await style(new URL("page.css", home));
    const page = new Page(bar, words, home, new Notebook(await answer.json()));
    if (document.activeElement === opener) page.runner.focus();
    opener.remove();
    page.begin(kernel);
  } catch (error) {
    kernel.stop();
    throw error;
  }
}

function style(href) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    Object.assign(link, { onload: resolve, onerror: () => reject(new Error("page.css")) });
    document.head.append(link);
  });
}

class Page {
  constructor(bar, words, home, notebook) {
    Object.assign(this, { bar, words, home, notebook, waiting: [], busy: false, done: 0 });
    const asked = {
      run: (cell) => this.run([cell], true),
      runTo: (cell) => this.run(this.cells.slice(0, this.cells.indexOf(cell) + 1)),
      next: (cell) => this.runAndGoOn(cell),
      stop: () => this.stop(),
      changed: () => this.keep(),
    };
    this.setup = notebook.code.filter((cell) => cell.metadata?.tags?.includes("setup"));
    this.cells = notebook.code
      .filter((cell) => !this.setup.includes(cell))
      .map((json, number) => {
        const before = notebook.source(json);
        return new Cell({ id: json.id, number: number + 1, before, alt: notebook.alt(json), asked });
      });
    this.keep = later(300, () => this.store());
    this.restore();
    this.furnish();
  }

  furnish() {
    this.meter = document.createElement("progress");
    this.meter.setAttribute("aria-label", "How much of Python has arrived");
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.where = document.createElement("p");
    this.where.className = "run-where";
    this.stopper = button("Stop", "", () => this.stop());
    this.runner = button("Run all", "", () => this.run(this.cells));
    const file = document.createElement("input");
    Object.assign(file, { type: "file", accept: ".ipynb", className: "visually-hidden" });
    file.setAttribute("aria-label", "A notebook of yours, to continue with here");
    file.addEventListener("change", () => this.upload(file));
    const tools = document.createElement("div");
    tools.className = "run-tools";
    tools.append(
      this.runner,
      this.stopper,
      button("Download", "", () => this.download()),
      button("Upload", "", () => file.click()),
      button("Reset page", "", () => this.reset()),
      file,
    );
    file.tabIndex = -1;
    this.bar.append(this.meter, tools, this.where, this.status);
    this.note();
  }

  // --- Python ---

  async begin(kernel = new Kernel(this.home, this.bar.dataset)) {
    const { size } = this.bar.dataset;
    this.kernel = kernel;
    this.meter.hidden = false;
    this.meter.max = size * 1e6;
    this.say("Python is on its way.");
    kernel.tell({
      progress: () => {
        this.meter.value = kernel.arrived;
        const came = Math.min(size, kernel.arrived / 1e6).toFixed(0);
        this.words.textContent = `Python is on its way: ${came} of ${size} MB`;
      },
      died: () => this.end(`Python ended: ${kernel.why}.`),
    });
    this.switch();
    if (!(await kernel.ready)) return;
    for (const cell of this.setup) {
      let problem = "";
      const heard = (message) => (problem += message.text ?? "");
      const { ok } = (await kernel.run(this.notebook.source(cell), "", heard)) ?? {};
      if (!ok) return this.end(`Python could not begin: ${problem.trim().split("\n").at(-1)}.`);
    }
    this.meter.hidden = true;
    this.ready = true;
    this.say("Python is ready. Change any code and run it: Shift-Enter, or the buttons below it.");
    this.switch();
    this.work();
  }

  stop() {
    this.kernel?.stop();
    this.end("Python was stopped, so all names are gone.");
  }

  // Python is no more: `why`, and a button to begin again.
  end(why) {
    this.kernel?.stop();
    this.kernel = null;
    this.ready = false;
    for (const cell of this.waiting.splice(0)) cell.say("");
    for (const cell of this.cells) {
      if (cell.ran) cell.say(""); // its names are gone
      cell.ran = false;
    }
    this.meter.hidden = true;
    this.say(`${why} `);
    const again = button("Begin again", "", () => this.begin());
    this.words.append(again);
    this.switch();
  }

  // --- Running ---

  run(cells, alone = false) {
    const added = cells.filter((cell) => !this.waiting.includes(cell));
    for (const cell of added) {
      cell.alone = alone;
      cell.say("waits");
    }
    this.waiting.push(...added);
    if (!this.kernel) return this.begin();
    return this.work();
  }

  runAndGoOn(cell) {
    this.run([cell], true);
    const rest = this.cells.slice(this.cells.indexOf(cell) + 1);
    rest.find(({ view }) => view?.dom.checkVisibility())?.view.focus();
  }

  async work() {
    if (this.busy || !this.ready) return;
    this.busy = true;
    this.switch();
    const several = this.waiting.length > 1;
    let ran = 0;
    while (this.waiting.length && this.ready) {
      const cell = this.waiting.shift();
      const last = this.cells.indexOf(this.waiting.at(-1) ?? cell) + 1;
      if (several) this.words.textContent = `Running ${cell.name} of ${last}.`;
      await this.one(cell);
      ran += cell.ran;
    }
    if (several && this.ready) this.words.textContent = `Cells that have run: ${ran}.`;
    this.busy = false;
    this.switch();
  }

  async one(cell) {
    const { kernel } = this;
    cell.say("runs", "runs");
    cell.outputs.begin();
    if (cell.alone) cell.reveal();
    const alt = cell.text === cell.before ? cell.alt : "";
    let shown = Promise.resolve();
    const result = await kernel.run(cell.text, alt, (message) => {
      shown = shown.then(() => cell.outputs.take(message));
    });
    await shown;
    cell.outputs.end();
    if (!result) return cell.say("stopped, its names are gone", "failed");
    cell.ran = result.ok;
    const took = `${result.seconds.toFixed(1)} s`;
    if (result.ok) cell.say(`done, ${took}`, "done");
    else this.fail(cell, took);
    const heard = [`${cell.name} ${result.ok ? "is done" : "failed"}`, cell.outputs.words()];
    if (result.ok) this.announce(heard.filter(Boolean).join(": "));
    else this.announce(`${heard[0]}: ${cell.outputs.lastLine()}`);
  }

  // What waits behind a failure is not run.
  fail(cell, took) {
    for (const other of this.waiting.splice(0)) other.say("");
    const above = this.cells.slice(0, this.cells.indexOf(cell));
    const missing = cell.outputs.lastLine().startsWith("NameError") && above.some((c) => !c.ran);
    cell.say(missing ? "failed: try “Run to here”" : `failed, ${took}`, "failed");
  }

  // --- The reader's work ---

  get edits() {
    const edited = this.cells.filter((cell) => cell.text !== cell.before);
    const mine = edited.map(({ id, before, text }) => [id, { before, text }]);
    return { ...this.loose, ...Object.fromEntries(mine) };
  }

  restore() {
    this.loose = {};
    for (const [id, edit] of Object.entries(keeping.load())) {
      const same = this.cells.find((cell) => cell.id === id && cell.before === edit.before);
      const cell = same ?? this.cells.find((one) => one.before === edit.before);
      if (cell?.view) cell.text = edit.text;
      else this.loose[id] = edit;
    }
  }

  store() {
    this.kept = keeping.save(this.edits);
    this.note();
  }

  note() {
    this.kept ??= keeping.save(this.edits);
    const loose = Object.keys(this.loose).length ? LOOSE : "";
    this.where.textContent = loose + (this.kept ? KEPT : NOT_KEPT);
  }

  download() {
    const texts = Object.fromEntries(Object.entries(this.edits).map(([id, { text }]) => [id, text]));
    const lost = Object.values(this.loose).map(({ text }) => text);
    const json = this.notebook.edited(texts, lost);
    const blob = new Blob([`${JSON.stringify(json, null, 1)}\n`], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = decodeURI(this.bar.dataset.notebook.split("/").at(-1));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    this.announce(`${link.download} is in your downloads.`);
  }

  async upload(file) {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    try {
      const { texts, strangers } = this.notebook.adopt(read(await chosen.text()));
      for (const cell of this.cells) if (cell.view && cell.id in texts) cell.text = texts[cell.id];
      const others = strangers ? ` Cells that have no place here: ${strangers}.` : "";
      this.say(`Your code of ${chosen.name} stands in the cells.${others}`);
    } catch (error) {
      this.say(`${chosen.name} cannot be taken over: ${error.message}.`);
    }
  }

  reset() {
    if (!confirm("Take back all of your edits on this page?")) return;
    this.loose = {};
    for (const cell of this.cells) {
      if (cell.view) cell.text = cell.before;
      cell.outputs.reset();
      cell.say("");
    }
    this.store();
    this.say("The page is as the book has it.");
  }

  // --- Words ---

  say(words) {
    this.words.textContent = words;
    this.announce(words);
  }

  announce(words) {
    this.status.textContent = words;
  }

  switch() {
    this.runner.disabled = this.busy;
    this.stopper.disabled = !this.kernel;
    this.bar.dataset.state = this.busy ? "busy" : this.ready ? "ready" : "off";
  }
}
