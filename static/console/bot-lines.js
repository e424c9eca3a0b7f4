// Similar questions, one per row: Enter goes on, what is pasted in several lines becomes several rows.
// The text area that the form sends keeps the lines; the rows are how they are edited.
import { el, fill, icon } from "../ui/dom.js";

export class Lines {
  /** @param {HTMLElement} field around the text area, with the words */
  constructor(field) {
    this.area = field.querySelector("textarea");
    this.words = field.dataset;
    this.wrong = new Set((this.words.wrong || "").split(" ").filter(Boolean).map(Number));
    this.rows = el("div", { class: "line-rows" });
    this.count = el("span", { class: "line-count" });
    this.add = el("button", { type: "button", class: "button quiet small", onclick: () => this.append("").focus() },
      icon("plus", "small"), this.words.add);
    this.many = el("button", { type: "button", class: "button quiet small", onclick: () => this.turn() });
    field.append(this.rows, el("div", { class: "line-tools" }, this.add, this.many, this.count));
    this.rows.addEventListener("input", () => this.keep());
    this.rows.addEventListener("keydown", (event) => this.pressed(event));
    this.rows.addEventListener("paste", (event) => this.pasted(event));
    this.area.addEventListener("input", () => this.tell());
    this.asRows();
  }

  get inputs() {
    return [...this.rows.querySelectorAll("input")];
  }

  // Many lines at once are easier in one box.
  turn() {
    if (this.area.hidden) {
      this.keep();
      this.asText();
      this.area.focus();
    } else this.asRows();
  }

  asText() {
    this.area.hidden = false;
    this.rows.hidden = this.add.hidden = true;
    this.many.textContent = this.words.oneByOne;
  }

  asRows() {
    const lines = this.area.value.split("\n");
    this.rows.replaceChildren();
    lines.forEach((line, place) => {
      if (line.trim() || this.wrong.has(place)) this.append(line, this.wrong.has(place));
    });
    this.wrong.clear();
    if (!this.inputs.length) this.append("");
    this.area.hidden = true;
    this.rows.hidden = this.add.hidden = false;
    this.many.textContent = this.words.many;
    this.keep();
  }

  append(text, isWrong = false, before = null) {
    const input = el("input", { class: "input", type: "text", dir: "auto", value: text, "aria-invalid": isWrong ? "true" : null });
    const remove = el("button", { type: "button", class: "button quiet small bare", onclick: () => this.remove(input) }, icon("x", "small"));
    this.rows.insertBefore(el("div", { class: "line-row" }, input, remove), before);
    this.keep();
    return input;
  }

  remove(input) {
    const next = input.parentNode.nextElementSibling || input.parentNode.previousElementSibling;
    input.parentNode.remove();
    if (!this.inputs.length) this.append("");
    (next ? next.querySelector("input") : this.inputs[0]).focus();
    this.keep();
  }

  pressed(event) {
    const input = event.target;
    if (!input.matches("input") || event.isComposing) return;
    const rows = this.inputs;
    const place = rows.indexOf(input);
    if (event.key === "Enter") {
      event.preventDefault(); // saves nothing: there may be more to write
      this.append("", false, input.parentNode.nextElementSibling).focus();
    } else if (event.key === "Backspace" && !input.value && rows.length > 1) {
      event.preventDefault();
      this.remove(input);
    } else if (event.key === "ArrowUp" && place > 0) rows[place - 1].focus();
    else if (event.key === "ArrowDown" && place < rows.length - 1) rows[place + 1].focus();
  }

  pasted(event) {
    const lines = event.clipboardData.getData("text").split(/\r?\n|\r/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    const input = event.target;
    const after = input.parentNode.nextElementSibling;
    if (input.value.trim()) lines.forEach((line) => this.append(line, false, after));
    else {
      input.value = lines[0];
      lines.slice(1).forEach((line) => this.append(line, false, after));
    }
    this.keep();
  }

  keep() {
    this.inputs.forEach((input, place) => {
      input.setAttribute("aria-label", fill(this.words.line, { number: place + 1 }));
      input.nextElementSibling.setAttribute("aria-label", fill(this.words.remove, { number: place + 1 }));
    });
    this.area.value = this.inputs.map((input) => input.value).join("\n");
    this.tell();
  }

  tell() {
    const count = this.area.value.split("\n").filter((line) => line.trim()).length;
    this.count.textContent = fill(this.words.count, { count });
  }
}
