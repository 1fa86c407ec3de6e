// The page's contents mark the section that is being read: the last one whose heading has come
// above a line, a third of the window below its top.
{
  const links = [...document.querySelectorAll("#contents a[href^='#']")];
  const headings = links.map(({ hash }) => {
    const section = document.getElementById(decodeURIComponent(hash.slice(1)));
    return section.querySelector("h2, h3, h4") ?? section;
  });

  const onScreen = (heading) => {
    const { top } = heading.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  };
  const current = () => {
    const line = innerHeight / 3;
    const passed = headings.findLastIndex((heading) => heading.getBoundingClientRect().top <= line);
    const root = document.documentElement;
    if (Math.ceil(scrollY) + innerHeight < root.scrollHeight - 1) return Math.max(passed, 0);
    // At the end of the page, headings below the line cannot come any higher.
    const asked = links.findIndex(({ hash }) => hash === location.hash);
    return asked > passed && onScreen(headings[asked]) ? asked : headings.findLastIndex(onScreen);
  };

  let marked;
  const mark = () => {
    const found = links[current()] ?? links.at(-1);
    if (found === marked) return;
    for (const link of links) {
      link.toggleAttribute("aria-current", link === found);
      link.closest("li").classList.toggle("active", link.closest("li").contains(found));
    }
    found.setAttribute("aria-current", "true");
    marked = found;
    keepInView(found);
  };
  const keepInView = (link) => {
    const box = link.closest(".bd-sidebar-secondary, dialog");
    const { top, bottom } = box.getBoundingClientRect();
    const place = link.getBoundingClientRect();
    if (place.top < top || place.bottom > bottom) box.scrollTop += place.top - (top + bottom) / 2;
  };

  if (links.length) {
    let asked;
    const soon = () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(mark);
    };
    for (const what of ["resize", "hashchange"]) addEventListener(what, soon);
    new ResizeObserver(soon).observe(document.querySelector("article")); // a fold opens or closes
    addEventListener("scroll", soon, { passive: true });
    mark();
  }
}
