// Finding inside a transcript: every hit marked, one of them the current one.

const QUOTED = /["＂“”„]([^"＂“”„]*)["＂“”„]|「([^」]*)」|『([^』]*)』/g;
const QUOTES = /["＂“”„「」『』]/g;

// Marks cost the browser time; beyond so many nobody steps through them one by one.
const MOST = 1000;

/** Text as searching sees it: width and case do not count. */
const folded = (text) => text.normalize("NFKC").toLowerCase();

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
  let seen = "";
  const places = [];
  let at = 0;
  for (const letter of text) {
    const fold = folded(letter);
    for (let n = 0; n < fold.length; n += 1) places.push([at, at + letter.length]);
    seen += fold;
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
    Object.assign(this, { form, place, none, marks: [], at: -1, isCut: false });
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
    this.at = this.marks.length ? 0 : -1;
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
    if (!this.marks.length) return;
    this.at = (this.at + by + this.marks.length) % this.marks.length;
    this.#show();
  }

  #show() {
    this.place.querySelector("mark.now")?.classList.remove("now");
    this.marks[this.at]?.classList.add("now");
    const all = `${this.marks.length}${this.isCut ? "+" : ""}`;
    this.count.textContent = this.marks.length ? `${this.at + 1} / ${all}` : this.input.value.trim() && this.none;
    for (const arrow of this.arrows) arrow.disabled = !this.marks.length;
    this.marks[this.at]?.scrollIntoView({ block: "center" });
  }

  #mark(wanted) {
    const walker = document.createTreeWalker(this.place, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest(".avatar, time, button, textarea") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
    );
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const node of nodes) {
      const found = spans(node.data, wanted);
      const room = MOST - this.marks.length;
      this.#markIn(node, found.slice(0, room));
      this.isCut = found.length > room;
      if (this.isCut) return;
    }
  }

  // From the end, so that the places before stay what they are.
  #markIn(node, found) {
    const made = [];
    for (const [start, end] of found.reverse()) {
      const hit = node.splitText(start);
      hit.splitText(end - start);
      const mark = document.createElement("mark");
      hit.replaceWith(mark);
      mark.append(hit);
      made.unshift(mark);
    }
    this.marks.push(...made);
  }

  #unmark() {
    for (const mark of this.marks) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent?.normalize();
    }
    this.marks = [];
  }
}
