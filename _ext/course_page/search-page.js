// The search page: results while one types, each with an excerpt; the query stays in the address.
{
  const { find, places, sections } = bookSearch;
  const FIRST = 20; // results that are shown at once
  const PAUSE = 150; // in typing, in milliseconds, after which the results follow
  const LENGTH = 220; // of an excerpt, in characters
  const box = document.querySelector(".bd-search-container");
  const field = box.querySelector("input[name=q]");
  const status = box.querySelector("[role=status]");
  const list = box.querySelector("ol");
  const more = box.querySelector(".search-more");
  const help = box.querySelector(".search-help");

  const element = (tag, className, ...inside) => {
    const made = Object.assign(document.createElement(tag), { className });
    made.append(...inside);
    return made;
  };

  // The part of a text from start to end, with what was found in it marked.
  const marked = (text, found, start = 0, end = text.length) => {
    const parts = [];
    for (const [from, to] of found) {
      if (from < start || to > end) continue;
      parts.push(text.slice(start, from), element("mark", "", text.slice(from, to)));
      start = to;
    }
    return [...parts, text.slice(start, end)];
  };

  // The part of a text that says most of what was found, from the beginning of a sentence or a word.
  const excerpt = (text, found) => {
    const near = ([start]) => found.filter(([, to]) => to > start && to <= start + LENGTH / 2).length;
    const [best] = found.reduce((a, b) => (near(b) > near(a) ? b : a), found[0] ?? [0]);
    const before = text.slice(Math.max(0, best - LENGTH / 2), best);
    const sentence = before.search(/[.?!] (?!.*[.?!] )/);
    const shift = best <= LENGTH / 2 ? 0 : sentence < 0 ? before.indexOf(" ") + 1 : sentence + 2;
    const start = best - before.length + shift;
    const last = text.lastIndexOf(" ", start + LENGTH);
    const end = start + LENGTH >= text.length ? text.length : last;
    const parts = marked(text, found, start, end);
    return [start && sentence < 0 ? "… " : "", ...parts, end < text.length ? " …" : ""];
  };

  const shown = (hit) => {
    const { address, title, page, text, code } = sections[hit.id];
    const [inTitle, inText] = [places(title, hit), places(text, hit)];
    const inCode = inTitle.length || inText.length ? [] : places(code, hit);
    const words = [[title, inTitle], [text, inText], [code, inCode]].flatMap(([whole, found]) =>
      found.map(([start, end]) => whole.slice(start, end).toLowerCase()),
    );
    const [path, anchor] = address.split("#");
    const query = new URLSearchParams([...new Set(words)].map((word) => ["highlight", word]));
    const link = element("a", "", ...marked(title, inTitle));
    link.href = path + (words.length ? `?${query}` : "") + (anchor ? `#${anchor}` : "");
    const item = element("li", "", link);
    if (page) item.append(element("p", "search-where", page));
    if (inCode.length) {
      const [start, end] = inCode[0];
      item.append(element("p", "", "In its code: ", element("mark", "", code.slice(start, end))));
    } else if (text) item.append(element("p", "", ...excerpt(text, inText)));
    return item;
  };

  const words = (query, { hits, how, own }) => {
    const results = `${hits.length} result${hits.length === 1 ? "" : "s"}`;
    return {
      all: `${results} for “${query}”.`,
      own: `No section has “${query}”. ${results} for “${own?.join("” and “")}”, which is near it.`,
      close: `No section has “${query}”. ${results} for words that are spelled like it.`,
      some: `No section has all of these words. ${results} for some of them.`,
      none: `Nothing in this book matches “${query}”.`,
      silent: `“${query}” stands in every section. Add a word that names a subject.`,
    }[how];
  };

  const search = () => {
    const query = field.value.trim();
    const result = query ? find(query) : { hits: [] };
    const show = (hits) => list.append(...hits.map(shown));
    history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : "?");
    status.textContent = query && words(query, result);
    list.replaceChildren();
    show(result.hits.slice(0, FIRST));
    help.hidden = result.hits.length > 0 || !query;
    more.hidden = result.hits.length <= FIRST;
    more.textContent = `Show all ${result.hits.length} results`;
    more.onclick = () => {
      more.hidden = true;
      show(result.hits.slice(FIRST));
      list.children[FIRST].querySelector("a").focus();
    };
  };

  let pause;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(search, PAUSE);
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    search();
    list.querySelector("a")?.focus();
  });
  box.addEventListener("keydown", (event) => {
    const stops = [field, ...list.querySelectorAll("a")];
    const here = stops.indexOf(document.activeElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Escape: 0 }[event.key];
    if (here < 0 || !stops[next] || next === here) return;
    event.preventDefault();
    stops[next].focus();
  });

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus();
  field.select();
  search();
}
