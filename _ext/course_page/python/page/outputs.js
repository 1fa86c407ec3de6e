// What a cell prints and shows, below its code, in the place of what the book has stored.

// The output of a cell of the page: `place` holds it, or is null where the book has stored none.
export class Outputs {
  constructor(place, make) {
    this.place = place;
    this.make = make; // makes a place where there is none
    this.stored = place ? [...place.childNodes] : [];
    this.fresh = null;
  }

  // A cell begins: what stands there stays until the first message, so that nothing jumps.
  begin() {
    this.fresh = document.createDocumentFragment();
    this.lines = 0;
  }

  async take(message) {
    if (message.kind === "stream") this.print(message.name, message.text);
    else if (message.kind === "error") this.add(printed("traceback", message.text));
    else this.add(await shown(message.data, this.live()));
  }

  print(name, text) {
    const target = this.target();
    const last = target.lastChild;
    this.lines += text.split("\n").length - 1;
    const class_ = `stream ${name}`;
    if (last?.dataset?.kind === class_) last.querySelector("pre").append(plain(text));
    else this.add(printed(class_, text));
  }

  add(node) {
    this.target().append(node);
  }

  target() {
    this.place ??= this.make();
    if (this.fresh) {
      this.kept = this.live();
      this.place.replaceChildren(this.fresh);
      this.fresh = null;
    }
    return this.place;
  }

  // The live figures that stand here, or stood here before the cell began to show something.
  live() {
    const here = [...(this.place?.querySelectorAll("[data-live]") ?? [])];
    return here.length ? here : (this.kept ?? []);
  }

  end() {
    if (this.fresh && this.place) this.target(); // it has shown nothing
    this.kept = null;
  }

  reset() {
    this.place?.replaceChildren(...this.stored);
  }

  lastLine() {
    return this.place?.textContent.trimEnd().split("\n").at(-1) ?? "";
  }

  words() {
    const said = this.lines ? [`${this.lines} line${this.lines === 1 ? "" : "s"} of text`] : [];
    const drawn = this.place?.querySelectorAll(".drawing, [data-live]").length ?? 0;
    if (drawn) said.push(`${drawn} figure${drawn === 1 ? "" : "s"}`);
    return said.join(" and ");
  }
}

const ANSI = /\x1b\[[0-9;]*m/g;
const plain = (text) => text.replace(ANSI, "");

function element(name, class_, ...children) {
  const node = document.createElement(name);
  node.className = class_;
  node.append(...children);
  return node;
}

function printed(kind, text) {
  const pre = element("pre", "", plain(text));
  pre.tabIndex = 0; // what is too wide scrolls, also by keys
  const code = element("div", "highlight", pre);
  const node = element("div", `output ${kind}`, code);
  node.dataset.kind = kind;
  return node;
}

// The richest form that the page has for `data`, texts by MIME type.
async function shown(data, standing) {
  if (data["image/svg+xml"]) return drawing(data["image/svg+xml"]);
  if (data["text/html"]) return alive(data["text/html"], standing);
  if (data["text/latex"]) return formula(data["text/latex"]);
  return printed("text_plain", data["text/markdown"] ?? data["text/plain"]);
}

function drawing(svg) {
  const node = element("span", "drawing");
  node.innerHTML = svg;
  return node;
}

async function formula(latex) {
  const { formula } = await import("./formula.js");
  const node = element("div", "output math-run");
  node.innerHTML = formula(latex);
  return node;
}

const stateOf = (host) => host.querySelector("script[type='application/json']")?.textContent;

// HTML with its scripts. A live figure that stands there with the same state stays as it is.
function alive(html, standing) {
  const node = element("div", "output text_html");
  node.innerHTML = html;
  const host = node.querySelector("[data-live]");
  const same = host && standing.find((one) => stateOf(one) === stateOf(host));
  if (same) {
    node.replaceChildren(same);
    return node;
  }
  for (const old of node.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.textContent = old.textContent;
    old.replaceWith(script); // now the browser runs it
  }
  return node;
}
