// Finding inside a transcript: a hit is a message with all the words, as in the search of all records. Its
// words are marked, and one steps from message to message.

const QUOTED = /["＂“”„]([^"＂“”„]*)["＂“”„]|「([^」]*)」|『([^』]*)』/g;
const QUOTES = /["＂“”„「」『』]/g;

// Marks cost the browser time; beyond so many messages nobody steps through them one by one.
const MOST = 1000;
const MESSAGES = ".message, .internal, .system";
const NOT_SAID = ".avatar, .message-head, .message-state, header, time, button, textarea";

/** Text as searching sees it: width and case do not count. */
const folded = (text) => text.normalize("NFKC").toLowerCase();

// Letter by letter, so that each place in it is one in the text.
const byLetter = (text) => Array.from(text, folded).join("");

/** The words and quoted phrases of what was typed. @param {string} typed @returns {string[]} */
export function terms(typed) {
  const phrases = Array.from(typed.matchAll(QUOTED), (match) => match[1] ?? match[2] ?? match[3] ?? "");
  const words = typed.replace(QUOTED, " ").replace(QUOTES, " ").split(/\s+/);
  return [...phrases, ...words].map((term) => folded(term).trim()).filter(Boolean);
}

/**
 * Where the terms stand in a text, as [start, end) in the text as it is.
 * @param {string} text @param {string[]} wanted @returns {[number, number][]}
 */
export function spans(text, wanted) {
  const seen = byLetter(text);
  const places = [];
  let at = 0;
  for (const letter of text) {
    for (let n = 0; n < folded(letter).length; n += 1) places.push([at, at + letter.length]);
    at += letter.length;
  }
  const found = [];
  for (const term of wanted) {
    for (let from = seen.indexOf(term); from >= 0; from = seen.indexOf(term, from + term.length)) {
      found.push([places[from][0], places[from + term.length - 1][1]]);
    }
  }
  found.sort((one, other) => one[0] - other[0] || other[1] - one[1]);
  return found.filter((span, n) => n === 0 || span[0] >= Math.max(...found.slice(0, n).map((earlier) => earlier[1])));
}

/** The field above a transcript, its count and its two arrows. */
export class Finder {
  /** @param {HTMLFormElement} form @param {HTMLElement} place where to look @param {string} none word for "no hits" */
  constructor(form, place, none) {
    Object.assign(this, { form, place, none, hits: [], at: -1, isCut: false });
    this.input = form.querySelector("input");
    this.count = form.querySelector("output");
    this.arrows = form.querySelectorAll("[data-step]");
    let timer = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.look(), 120);
    });
    this.input.addEventListener("keydown", (event) => this.#press(event));
    form.addEventListener("submit", (event) => this.#step(1, event));
    for (const arrow of this.arrows) arrow.addEventListener("click", (event) => this.#step(Number(arrow.dataset.step), event));
  }

  /** Mark the hits of what stands in the field and go to the first. */
  look() {
    this.#unmark();
    this.isCut = false;
    const wanted = terms(this.input.value);
    if (wanted.length) this.#mark(wanted);
    this.at = this.hits.length ? 0 : -1;
    this.#show();
  }

  // Enter goes on (the form's submit), Shift+Enter and the arrows as they point, Escape empties the field.
  #press(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") this.#step(1, event);
    else if (event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey)) this.#step(-1, event);
    else if (event.key === "Escape" && this.input.value) {
      event.preventDefault();
      this.input.value = "";
      this.look();
    }
  }

  #step(by, event) {
    event.preventDefault();
    if (!this.hits.length) return;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    this.#show();
  }

  #show() {
    for (const mark of this.place.querySelectorAll("mark.now")) mark.classList.remove("now");
    const marks = this.hits[this.at] ?? [];
    for (const mark of marks) mark.classList.add("now");
    const all = `${this.hits.length}${this.isCut ? "+" : ""}`;
    this.count.textContent = this.hits.length ? `${this.at + 1} / ${all}` : this.input.value.trim() && this.none;
    for (const arrow of this.arrows) arrow.disabled = !this.hits.length;
    marks[0]?.scrollIntoView({ block: "center" });
  }

  #mark(wanted) {
    for (const message of this.place.querySelectorAll(MESSAGES)) {
      const nodes = textsOf(message);
      const said = nodes.map((node) => byLetter(node.data));
      if (!wanted.every((term) => said.some((text) => text.includes(term)))) continue;
      this.isCut = this.hits.length === MOST;
      if (this.isCut) return;
      this.hits.push(nodes.flatMap((node) => markIn(node, spans(node.data, wanted))));
    }
  }

  #unmark() {
    for (const mark of this.hits.flat()) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent?.normalize();
    }
    this.hits = [];
  }
}

/** What was said in a message, without who has said it, and when. */
function textsOf(message) {
  const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(NOT_SAID) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

// From the end, so that the places before stay what they are.
function markIn(node, found) {
  const made = [];
  for (const [start, end] of found.reverse()) {
    const hit = node.splitText(start);
    hit.splitText(end - start);
    const mark = document.createElement("mark");
    hit.replaceWith(mark);
    mark.append(hit);
    made.unshift(mark);
  }
  return made;
}
