// What was read is marked in the contents and in the menu: a section, once a reader who stayed in it
// for some seconds has seen its end. It is kept in this browser only, until the reader clears it.
{
  const ENOUGH = 10; // seconds
  const PREFIX = "read ";
  const menu = document.querySelector(".bd-docs-nav");
  const entries = [...document.querySelectorAll("#contents li.toc-h2")].map((item) => {
    const link = item.querySelector("a");
    const id = decodeURIComponent(link.hash.slice(1));
    return { item, link, id, section: document.getElementById(id), seconds: 0 };
  });

  const kept = (path) => {
    const { of = 0, ids = [] } = JSON.parse(localStorage.getItem(PREFIX + path) ?? "{}");
    return { of, ids };
  };
  const keep = (id) => {
    const ids = new Set([...kept(location.pathname).ids, id]);
    const own = entries.map((entry) => entry.id).filter((each) => ids.has(each));
    const value = JSON.stringify({ of: entries.length, ids: own });
    localStorage.setItem(PREFIX + location.pathname, value);
  };
  const keys = () =>
    Array.from({ length: localStorage.length }, (_, n) => localStorage.key(n)).filter((key) =>
      key?.startsWith(PREFIX),
    );

  const sign = (link, text) => {
    link.querySelector(".was-read")?.remove();
    if (!text) return;
    const made = document.createElement("small");
    made.className = "was-read";
    made.textContent = text;
    link.append(made);
  };
  const show = () => {
    const own = new Set(kept(location.pathname).ids);
    for (const { link, id } of entries) sign(link, own.has(id) && "✓ read");
    for (const link of menu.querySelectorAll("a")) {
      const { of, ids } = kept(new URL(link.href).pathname);
      sign(link, ids.length && (ids.length < of ? `${ids.length} of ${of} read` : "✓ read"));
    }
    forget.hidden = !keys().length;
  };

  const forget = document.createElement("button");
  Object.assign(forget, { type: "button", className: "forget", hidden: true });
  forget.textContent = "Forget what I have read";
  forget.addEventListener("click", () => {
    for (const key of keys()) localStorage.removeItem(key);
    for (const entry of entries) entry.seconds = 0;
    menu.querySelector("a").focus(); // the button is about to go
    show();
  });

  const look = () => {
    if (document.hidden) return;
    const own = new Set(kept(location.pathname).ids);
    for (const entry of entries) {
      const { item, section, id } = entry;
      if (item.querySelector("[aria-current]")) entry.seconds += 1;
      const folded = section.matches("html[data-path='core'] .deeper:not(.opened)");
      const ended = section.getBoundingClientRect().bottom <= innerHeight + 1; // of fractions
      if (entry.seconds < ENOUGH || folded || !ended || own.has(id)) continue;
      keep(id);
      show();
    }
  };

  if (menu) {
    menu.append(forget);
    show();
    addEventListener("pageshow", show); // back from a page that marked something
    if (entries.length) setInterval(look, 1000);
  }
}
