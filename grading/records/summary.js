// The table of everybody: sorted by any column, searched, and cut down to who needs a look.
const table = document.getElementById("everybody");
const body = table.tBodies[0];
const rows = [...body.rows];
const search = document.getElementById("search");
const looks = document.getElementById("looks");
const shown = document.getElementById("shown");
const letters = new Intl.Collator(undefined, { numeric: true });
const plain = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));

function filter() {
  const words = plain(search.value).split(/\s+/);
  let count = 0;
  for (const row of rows) {
    const fits = words.every((word) => texts.get(row).includes(word));
    row.hidden = !fits || (looks.checked && !("look" in row.dataset));
    count += !row.hidden;
  }
  shown.textContent = `${count} of ${rows.length} shown`;
}

function sort(heading) {
  const up = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
  const text = (row) => row.cells[heading.cellIndex].textContent.trim();
  rows.sort((a, b) => (up ? 1 : -1) * letters.compare(text(a), text(b)));
  body.append(...rows);
}

for (const heading of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = heading.textContent;
  button.addEventListener("click", () => sort(heading));
  heading.replaceChildren(button);
}
search.addEventListener("input", filter);
looks.addEventListener("change", filter);
document.getElementById("controls").hidden = false;
filter();
