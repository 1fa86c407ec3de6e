// What a reader has changed in a figure stands in the page's address, `#live-lag?momentum=0.99`, and
// in the link that is the figure's number; whoever follows such an address sees the same.

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// A value out of an address in the place of `known`, within its limits; undefined where it is of
// another kind.
export function admitted(value, known, limits) {
  if (Array.isArray(known)) {
    if (!Array.isArray(value) || value.length !== known.length) return undefined;
    const of = (k) => (Array.isArray(limits[0]) ? limits[k] : limits);
    const all = value.map((one, k) => admitted(one, known[k], of(k)));
    return all.includes(undefined) ? undefined : all;
  }
  if (typeof known === "string") return limits.includes(value) ? value : undefined;
  if (typeof value !== "number") return undefined;
  const [min, max, step] = limits;
  const near = Math.min(max, Math.max(min, value));
  return step ? Math.round(near / step) * step : near;
}

// The traits that an address names, of those that may be set, as far as they make sense.
export function readFrom(query, known, limits) {
  const found = {};
  for (const [name, words] of new URLSearchParams(query)) {
    if (!Object.hasOwn(limits, name)) continue;
    let value = words;
    try {
      if (typeof known[name] !== "string") value = JSON.parse(words);
    } catch {
      continue; // somebody has cut the address
    }
    const good = admitted(value, known[name], limits[name]);
    if (good !== undefined) found[name] = good;
  }
  return found;
}

export function inAddress(host, model) {
  const limits = model.get("limits");
  const names = Object.keys(limits);
  const valuesNow = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const origin = valuesNow();
  let pending;

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const follow = () => {
    const [id, query] = location.hash.slice(1).split("?");
    if (id !== host.id || query === undefined) return;
    set({ ...origin, ...readFrom(query, origin, limits) });
    host.scrollIntoView();
  };
  const write = () => {
    const now = valuesNow();
    const changed = names.filter((name) => written(now[name]) !== written(origin[name]));
    const query = new URLSearchParams(changed.map((name) => [name, written(now[name])]));
    const address = `#${host.id}${changed.length ? `?${query}` : ""}`;
    host.querySelector(".live-name a").href = address;
    clearTimeout(pending); // browsers refuse to write an address for every move of a slider
    if (location.hash.startsWith("#/")) return; // that is the place in the slides
    pending = setTimeout(() => history.replaceState(history.state, "", address), 300);
  };
  host.querySelector(".live-name a").href = `#${host.id}`;
  model.on("change", write);
  follow();
  addEventListener("hashchange", follow);
}
