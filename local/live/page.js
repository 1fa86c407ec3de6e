import { inAddress } from "./address.js";

// Behind a figure's module on a page without a kernel: its state comes from the page itself.
// The first script of a module wakes all of its figures; there may be several.
for (const host of document.querySelectorAll(`[data-live="${MODULE}"]:not([data-awake])`)) {
  const state = JSON.parse(host.querySelector("script").textContent, (_, value) =>
    value?.base64 === undefined
      ? value
      : new DataView(Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)).buffer),
  );
  const listeners = new Set();
  const model = {
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    save_changes: () => listeners.forEach((listener) => listener()),
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
  };
  host.dataset.awake = "";
  render({ model, el: host.querySelector(".live") });
  if (state.limits) inAddress(host, model);
}
