// The reader's edits, kept in this browser: { cell: { before, text } } for each page.
// `before` is what the book had there, so that an edit of a cell that has changed since is noticed.

const KEY = `python ${location.pathname}`;

// The browser's store, or null where the reader blocks it (see layout.html).
function store() {
  try {
    return window.localStorage instanceof window.Storage ? window.localStorage : null;
  } catch {
    return null;
  }
}

export function load() {
  try {
    return JSON.parse(store()?.getItem(KEY)) ?? {};
  } catch {
    return {}; // what is there is not ours
  }
}

// Returns whether the edits were kept.
export function save(edits) {
  try {
    if (Object.keys(edits).length) store().setItem(KEY, JSON.stringify(edits));
    else store().removeItem(KEY);
    return true;
  } catch {
    return false; // there is no store, or it is full
  }
}
