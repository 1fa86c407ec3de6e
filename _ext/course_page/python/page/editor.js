// An editor in the place of a cell's code, with the size, the type and the colours of the code.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

// The page's style sheet has the colours, under the names that Pygments gives to parts of code.
const COLOURS = tagHighlighter([
  { tag: tags.keyword, class: "k" },
  { tag: [tags.string, tags.special(tags.string)], class: "s2" },
  { tag: tags.comment, class: "c1" },
  { tag: tags.number, class: "mi" },
  { tag: [tags.operator, tags.arithmeticOperator], class: "o" },
  { tag: tags.bool, class: "kc" },
  { tag: tags.null, class: "kc" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
]);

// `keys` are { key: what it does }; `changed` is told of every edit. Tab leaves the editor, as it
// leaves every field of a page; Ctrl-] and Ctrl-[ indent.
export function editor({ text, label, changed, keys }) {
  const own = Object.entries(keys).map(([key, run]) => ({ key, run: () => (run(), true) }));
  return new EditorView({
    state: EditorState.create({
      doc: text,
      extensions: [
        history(),
        keymap.of([...own, ...defaultKeymap, ...historyKeymap]),
        python(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        syntaxHighlighting(COLOURS),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
      ],
    }),
  });
}

export const textOf = (view) => view.state.doc.toString();

export function setText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
