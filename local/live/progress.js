// How far a reader has come in the self-test: it is kept in the browser, and sent nowhere.

const KEY = "batch-normalization-self-test";

// The browser's store, or null where the reader blocks it. The book's pages put a plain object
// in the place of a blocked one, which forgets everything with the page.
export function storeOf(window) {
  try {
    return window.localStorage instanceof window.Storage ? window.localStorage : null;
  } catch {
    return null;
  }
}

export function load(store) {
  try {
    return JSON.parse(store?.getItem(KEY));
  } catch {
    return null; // what is there is not ours
  }
}

// Returns whether it was kept.
export function save(store, progress) {
  try {
    store.setItem(KEY, JSON.stringify(progress));
    return true;
  } catch {
    return false; // there is none, or it is full
  }
}

// A new beginning: the questions in random order, none of them answered.
export function begun(keys) {
  const order = [...keys];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return { order, at: 0, tried: Object.fromEntries(keys.map((key) => [key, []])) };
}

// Whether `progress`, as it was loaded, is about these questions, each with so many choices.
export function fits(progress, counts) {
  const { order, at, tried } = progress ?? {};
  const isBelow = (count) => (i) => Number.isInteger(i) && i >= 0 && i < count;
  const keys = Object.keys(counts);
  return (
    Array.isArray(order) &&
    order.length === keys.length &&
    isBelow(keys.length + 1)(at) &&
    keys.every((key) => order.includes(key) && tried?.[key]?.every?.(isBelow(counts[key])))
  );
}
