// A page that the search opened marks what was sought, in the section that the address names, until
// Escape is pressed.
{
  const address = new URL(location.href);
  const sought = address.searchParams.getAll("highlight").filter(Boolean);
  const target = document.getElementById(decodeURIComponent(address.hash.slice(1)));
  const places = target ? [target] : document.querySelectorAll("article");
  if (target?.matches("dt")) places.push(target.nextElementSibling);
  const marks = [];
  const FOLDED = "details:not([open]), guess-answer[hidden]";

  const mark = (terms) => {
    const escaped = terms.map((t) => t.replace(/[^\p{L}\p{N}\s]/gu, "\\$&").replace(/\s+/g, "\\s+"));
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "iu");
    for (const place of places) {
      const texts = [];
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (let text of texts) {
        if (text.parentElement.closest("svg, .katex, script, style, button, .headerlink")) continue;
        for (let found; text && (found = pattern.exec(text.data)); ) {
          const word = text.splitText(found.index);
          text = word.splitText(found[0].length);
          const made = document.createElement("mark");
          word.replaceWith(made);
          made.append(word);
          marks.push(made);
        }
      }
    }
  };

  if (sought.length) {
    address.searchParams.delete("highlight");
    history.replaceState(history.state, "", address);
    mark(sought);
    if (!marks.length) mark(sought.flatMap((phrase) => phrase.split(" ")));
    if (marks.length && marks.every((made) => made.closest(FOLDED))) {
      for (let fold = marks[0].closest(FOLDED); fold; fold = fold.parentElement.closest(FOLDED)) {
        if (fold.matches("details")) fold.open = true;
        else fold.dispatchEvent(new Event("beforematch")); // as if the browser had found it
      }
    }
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape") for (const made of marks.splice(0)) made.replaceWith(...made.childNodes);
    });
  }
}
