// The editor of an entry: rows of similar questions, marks and pictures in the answer, what the customer will see.
import { textBubble } from "../ui/bodies.js";
import { card } from "../ui/cards.js";
import { el, fill } from "../ui/dom.js";
import { Lines } from "./bot-lines.js";

const OWN_PICTURE = /!\[[^\]\n]*\]\(\s*<?(\/pictures\/answers\/[0-9a-f-]{36}\/)/g;
const MARKS = {
  strong: { before: "**", after: "**" },
  em: { before: "*", after: "*" },
  link: { before: "[", after: "](https://)" },
  list: { before: "- ", after: "", each: true },
};

class Answer {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.text = form.elements.answer;
    this.wrong = form.querySelector(".picture-wrong");
    this.preview = form.querySelector(".answer-preview");
    this.shown = form.querySelector(".answer-shown");
    this.marks = form.querySelector(".marks");
    this.choice = form.querySelector(".picture-choice");
    this.choice.hidden = this.preview.hidden = false;
    form.addEventListener("input", () => this.show());
    form.addEventListener("change", () => this.show());
    this.marks.addEventListener("click", (event) => this.mark(event.target.closest("[data-mark]")?.dataset.mark));
    this.choice.querySelector("input").addEventListener("change", (event) => {
      this.bring(event.target.files);
      event.target.value = "";
    });
    this.text.addEventListener("paste", (event) => this.take(event, event.clipboardData.files));
    this.text.addEventListener("drop", (event) => this.take(event, event.dataTransfer.files));
    for (const name of ["dragover", "dragleave", "drop"])
      this.text.addEventListener(name, (event) => this.dragged(event));
    this.show();
  }

  get isRich() {
    return this.form.elements.format.value === "markdown";
  }

  show() {
    const text = this.text.value;
    this.marks.hidden = !this.isRich;
    this.preview.hidden = !text.trim();
    if (this.drawn === `${this.isRich}${text}`) return;
    this.drawn = `${this.isRich}${text}`;
    this.shown.replaceChildren(...(this.isRich ? this.rich(text) : [textBubble(text, {})]));
  }

  rich(text) {
    const pictures = Object.fromEntries(Array.from(text.matchAll(OWN_PICTURE), (found) => [found[1], found[1]]));
    const context = { words: { picture: "" }, canAnswer: false, answer() {} };
    return card({ src: "30", content: text, pictures }, context);
  }

  // --- marks ---

  mark(name) {
    const how = MARKS[name];
    if (!how) return;
    const { selectionStart: from, selectionEnd: to, value } = this.text;
    const start = how.each ? value.lastIndexOf("\n", from - 1) + 1 : from;
    const chosen = value.slice(start, to);
    const marked = how.each
      ? chosen.split("\n").map((line) => how.before + line).join("\n")
      : how.before + chosen + how.after;
    this.put(marked, start, to);
    const end = start + marked.length;
    if (how.each) this.text.setSelectionRange(end, end);
    else if (name === "link") this.text.setSelectionRange(end - 9, end - 1);
    else this.text.setSelectionRange(start + how.before.length, start + how.before.length + chosen.length);
  }

  /** Puts words in so that the browser can take them back again. */
  put(words, from, to) {
    this.text.focus();
    this.text.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, words)) this.text.setRangeText(words, from, to, "end");
    this.show();
  }

  // --- pictures ---

  dragged(event) {
    const hasFiles = event.dataTransfer?.types.includes("Files");
    this.form.classList.toggle("dropping", hasFiles && event.type === "dragover");
    if (hasFiles && event.type === "dragover") event.preventDefault();
  }

  take(event, files) {
    if (!files?.length) return;
    event.preventDefault();
    this.bring(files);
  }

  async bring(files) {
    for (const file of files) {
      const data = new FormData();
      data.append("file", file);
      this.tell(this.wrong.dataset.coming);
      try {
        const answer = await fetch(this.form.dataset.upload, {
          method: "POST",
          body: data,
          headers: { "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value },
        });
        const said = await answer.json();
        if (!answer.ok) {
          this.tell(said.detail || this.wrong.dataset.failed);
          return;
        }
        this.insert(said.address, file.name);
        this.tell("");
      } catch {
        this.tell(this.wrong.dataset.failed);
        return;
      }
    }
  }

  insert(address, name) {
    const words = name.replace(/\.\w+$/, "").replace(/[[\]\n]/g, " ").trim();
    for (const radio of this.form.elements.format) radio.checked = radio.value === "markdown";
    const { selectionStart: from, selectionEnd: to } = this.text;
    this.put(`![${words}](${address})`, from, to);
  }

  tell(words) {
    this.wrong.textContent = words;
    this.wrong.hidden = !words;
  }
}

/** The last of the other answers is always an empty one more. */
function growing(place) {
  const number = () =>
    place.querySelectorAll("textarea").forEach((area, index) =>
      area.setAttribute("aria-label", fill(place.dataset.label, { number: index + 1 })));
  place.addEventListener("input", () => {
    const areas = place.querySelectorAll("textarea");
    if (areas.length < 9 && areas[areas.length - 1].value.trim())
      areas[areas.length - 1].after(el("textarea", { class: "input", name: "more_answers", rows: "2" }));
    number();
  });
  number();
}

/** Leaving with something unsaved asks first. */
function guard(form) {
  const said = () =>
    JSON.stringify(Array.from(new FormData(form)).filter(([name]) => name !== "csrfmiddlewaretoken"));
  const before = said();
  const wasRefused = form.querySelector(".banner.late") !== null;
  let isSaved = false;
  form.addEventListener("submit", () => { isSaved = true; });
  addEventListener("beforeunload", (event) => {
    if (!isSaved && (wasRefused || said() !== before)) event.preventDefault();
  });
}

for (const form of document.querySelectorAll(".entry-form")) {
  new Lines(form.querySelector(".lines-field"));
  new Answer(form);
  form.querySelectorAll(".more-answers").forEach(growing);
  guard(form);
  (form.querySelector('[aria-invalid="true"]:not([hidden])') ?? form.elements.question).focus({ preventScroll: false });
}
