// The notebook of the page, as it is downloaded: its code with the reader's edits, and back.

const TITLE = /^#@title .*\n/; // what Colab shows in the place of code that the page folds
const joined = (source) => (Array.isArray(source) ? source.join("") : source);

export class Notebook {
  constructor(json) {
    this.json = json;
    this.code = json.cells.filter((cell) => cell.cell_type === "code");
  }

  // The code of a cell as the page shows it.
  source(cell) {
    return joined(cell.source).replace(TITLE, "");
  }

  alt(cell) {
    return cell.metadata?.mystnb?.image?.alt ?? "";
  }

  // The notebook with `texts`, edited code by the ids of cells, and with more code at its end.
  // An edited cell has no output.
  edited(texts, more) {
    const json = structuredClone(this.json);
    for (const cell of json.cells) {
      const text = texts[cell.id];
      if (cell.cell_type !== "code" || text === undefined) continue;
      const [title] = joined(cell.source).match(TITLE) ?? [""];
      Object.assign(cell, { source: title + text, outputs: [], execution_count: null });
    }
    more.forEach((source, number) => {
      const id = `edit-${number + 1}`;
      const cell = { cell_type: "code", execution_count: null, id, metadata: {}, outputs: [], source };
      json.cells.push(cell);
    });
    return json;
  }

  // { id: code } from another copy of this notebook, and how many of its cells have no place here.
  // Cells are known by the ids of grading, then by their own, then by their order.
  adopt(other) {
    if (!Array.isArray(other?.cells)) throw new Error("it is not a notebook");
    const theirs = other.cells.filter((cell) => cell.cell_type === "code");
    const graded = (cell) => cell.metadata?.nbgrader?.grade_id;
    const texts = {};
    let strangers = 0;
    theirs.forEach((cell, number) => {
      const ours =
        this.code.find((one) => graded(cell) && graded(one) === graded(cell)) ??
        this.code.find((one) => !graded(cell) && one.id === cell.id) ??
        (theirs.length === this.code.length ? this.code[number] : undefined);
      if (ours) texts[ours.id] = this.source(cell);
      else strangers += 1;
    });
    if (strangers === theirs.length) throw new Error("none of its cells is of this page");
    return { texts, strangers };
  }
}
