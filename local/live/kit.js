// What every live figure is made of: elements, scales and controls. (frame.js joins them.)

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function html(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function fill(node, attributes = {}, children = []) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Sets the text of `node` only where it is another one, for a screen reader reads it out each time.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Text on a stage: `role` is a class of live.css, `anchor` start, middle or end.
export function note(x, y, text, role = "", anchor = "start") {
  return svg("text", { x, y, class: role, "text-anchor": anchor }, text);
}

// A number as the book writes it: a fixed count of decimals and a true minus.
export function number(value, decimals = 2) {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) ? `−${text}` : text;
}

// A number of any size with `digits` that count: 0.0012, 57.7, 12000, 3.1e+7.
export function short(value, digits = 3) {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  const plain = Number(size.toPrecision(digits));
  const text = plain && (plain < 1e-4 || plain >= 1e5) ? size.toExponential(digits - 1) : plain;
  return value < 0 && plain ? `−${text}` : `${text}`;
}

// From values [a, b] to pixels [p, q]; `.back` is the way back.
export function scale([a, b], [p, q]) {
  const map = (value) => p + ((value - a) / (b - a)) * (q - p);
  map.back = (pixel) => a + ((pixel - p) / (q - p)) * (b - a);
  return map;
}

// About `count` round numbers from low to high.
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const many = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: many }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export const line = (points) =>
  "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");

// Whether this reader wants nothing to move by itself.
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Arrays that Python packed. They are copied, for a float must start at a multiple of its size.
const copy = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
export const floats = (view) => new Float32Array(copy(view));
export const bytes = (view) => new Uint8Array(copy(view));

// --- State: reading and writing what a control shows ---

// The values of these traits, by their names.
export const valuesOf = (model, names) =>
  Object.fromEntries(names.map((name) => [name, model.get(name)]));

// What writes all these values, { name: value }, at once.
export function assign(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// A trait as a control takes it, with the limits that Python sets to it: [min, max] or, for whole
// numbers, [min, max, step].
export function trait(model, name) {
  const [min, max, step] = model.get("limits")?.[name] ?? [];
  return {
    read: () => model.get(name),
    write: (value) => assign(model, { [name]: value }),
    ...{ min, max, step },
  };
}

// One entry of a list trait; `at()` says which.
export function entry(model, name, at) {
  const { read, write, ...limits } = trait(model, name);
  return { read: () => read()[at()], write: (value) => write(read().with(at(), value)), ...limits };
}

// A positive number, of three digits that count, by its power of ten.
export function asPower({ read, write, min, max }) {
  return {
    read: () => Math.log10(read()),
    write: (power) => write(Number((10 ** power).toPrecision(3))),
    ...{ min: Math.log10(min), max: Math.log10(max) },
  };
}

// --- Controls: each is a node and an update(), which `compose` calls after every change ---

// The range of a slider that chooses one of `count` things by its number, from 0.
export const indices = (count) => ({ min: 0, max: count - 1, step: 1 });

// `label` may be a function, where it depends on the state.
export function slider({ label, read, write, min, max, step, show = number }) {
  const name = html("span");
  const value = html("span", { class: "live-value", "aria-hidden": "true" });
  const input = html("input", { type: "range", min, max, step });
  input.addEventListener("input", () => write(Number(input.value)));
  const update = () => {
    input.value = read();
    name.textContent = typeof label === "function" ? label() : label;
    value.textContent = show(read());
    input.setAttribute("aria-valuetext", show(read()));
  };
  return { node: html("label", { class: "live-control" }, name, value, input), update };
}

// Radio buttons; `options` is { value: text }.
export function choice({ label, read, write, options }) {
  const inputs = Object.keys(options).map((value) =>
    html("input", { type: "radio", name: label, value }),
  );
  for (const input of inputs) input.addEventListener("change", () => write(input.value));
  const labels = inputs.map((input) => html("label", {}, input, options[input.value]));
  const node = html("fieldset", { class: "live-control" }, html("legend", {}, label), ...labels);
  return { node, update: () => inputs.forEach((i) => (i.checked = i.value === String(read()))) };
}

// Buttons side by side; `actions` is { text: what a press does }. A text may be changed by `name`.
export function buttons(actions, name = (text) => text) {
  const nodes = Object.entries(actions).map(([text, press]) => {
    const node = html("button", { type: "button" }, text);
    node.addEventListener("click", press);
    return [node, text];
  });
  const node = html("div", { class: "live-control live-buttons" }, ...nodes.map(([n]) => n));
  return { node, update: () => nodes.forEach(([n, text]) => setText(n, name(text))) };
}

// Whether a key is meant for the browser: Alt and an arrow, for example, go back a page.
export const isBrowserKey = (event) => event.altKey || event.ctrlKey || event.metaKey;

// Makes `node`, a part of the stage, a slider for pointer, touch and keys.
// `under(x, y)` is the value at a place of the stage; `keys` are further { key: action }.
export function draggable(node, { label, read, write, min, max, step, under, show, keys = {} }) {
  const set = (value) => write(clamp(Math.round(value / step) * step, min, max));
  const moves = {
    ArrowUp: () => set(read() + step),
    ArrowRight: () => set(read() + step),
    ArrowDown: () => set(read() - step),
    ArrowLeft: () => set(read() - step),
    PageUp: () => set(read() + 10 * step),
    PageDown: () => set(read() - 10 * step),
    Home: () => set(min),
    End: () => set(max),
    ...keys,
  };
  fill(node, { role: "slider", tabindex: 0, "aria-valuemin": min, "aria-valuemax": max });
  node.addEventListener("keydown", (event) => {
    if (isBrowserKey(event) || !moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
  const follow = (event) => {
    const box = node.ownerSVGElement.getBoundingClientRect();
    set(under(event.clientX - box.left, event.clientY - box.top));
  };
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) follow(event);
  });
  return () =>
    fill(node, { "aria-label": label(), "aria-valuenow": read(), "aria-valuetext": show(read()) });
}

// Keeps keys in `el` from the page around it: arrows are JupyterLab's keys, too.
export function keepKeys(el) {
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
}
