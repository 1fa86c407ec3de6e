// The self-test: one question after the other, and at the end what to read.
import { asking, isRight } from "./asking.js";
import { buttons, html, keepKeys } from "./kit.js";
import { begun, fits, load, save, storeOf } from "./progress.js";

const KEPT = "Your answers stay in this browser. They are sent nowhere.";
const NOT_KEPT =
  "This browser stores nothing for this page: your answers last until you leave it. " +
  "They are sent nowhere.";

// What stands at the end: how many were right, and what to read for the others. The first answer
// counts; a question without one is missed, too.
function result(questions, tried) {
  const first = ({ key }) => tried[key][0];
  const open = questions.filter((question) => first(question) === undefined).length;
  const missed = questions.filter((question) => !isRight(question.form, first(question)));
  const right = `${questions.length - missed.length} of ${questions.length}`;
  const skipped = open ? `${open} ${open === 1 ? "was" : "were"} not answered. ` : "";
  const next = missed.length
    ? "Read these sections, and come back in some days."
    : "There is nothing in these questions that you have to read again.";
  return [
    html("h2", { tabindex: -1 }, `${right} right at the first try`),
    html("p", {}, skipped + next),
    html("ul", {}, ...missed.map(({ form }) => html("li", {}, ...reading(form)))),
  ];
}

const reading = (form) => form.querySelector(".to-read").cloneNode(true).childNodes;

function render({ model, el }) {
  if (!el.querySelector(".self-test")) el.innerHTML = model.get("_list");
  el.classList.add("live");
  keepKeys(el);
  const frame = el.querySelector(".self-test");
  const questions = [...frame.querySelectorAll("[data-key]")].map((node) => {
    const form = node.querySelector(".question");
    return { key: node.dataset.key, node, form, choices: form.querySelectorAll("input").length };
  });
  const count = questions.length;
  const keys = questions.map(({ key }) => key);
  const choices = Object.fromEntries(questions.map(({ key, choices }) => [key, choices]));
  const store = storeOf(window);
  let progress = load(store);
  if (!fits(progress, choices)) progress = begun(keys);

  const place = html("p", { class: "self-test-place", tabindex: -1 });
  const end = html("div", { class: "self-test-end" });
  const note = html("p", { class: "self-test-note" });
  const isOpen = () => !progress.tried[progress.order[progress.at]]?.length;
  const moves = buttons(
    { Back: () => go(progress.at - 1), Next: () => go(progress.at + 1) },
    (text) => (text === "Next" && isOpen() ? "Skip" : text),
  );
  const again = buttons({ "Clear my answers and begin again": () => go(0, begun(keys)) });
  const [back, next] = moves.node.children;

  for (const question of questions) {
    question.update = asking(question.form, {
      read: () => progress.tried[question.key],
      write: (tried) => {
        progress.tried[question.key] = tried;
        update();
      },
    });
  }
  function go(at, from = progress) {
    progress = { ...from, at };
    update();
    const heading = end.querySelector("h2") ?? place;
    heading.focus({ preventScroll: true });
    if (frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
  }
  function update() {
    const ended = progress.at === count;
    for (const { key, node, update } of questions) {
      node.classList.toggle("now", key === progress.order[progress.at]);
      update();
    }
    place.textContent = ended ? "" : `Question ${progress.at + 1} of ${count}`;
    end.replaceChildren(...(ended ? result(questions, progress.tried) : []));
    back.disabled = progress.at === 0;
    next.hidden = ended;
    moves.update();
    note.textContent = save(store, progress) ? KEPT : NOT_KEPT;
  }
  frame.prepend(place);
  frame.append(end, moves.node, note, again.node);
  update();
}

export default { render };
