// The welcome card's questions: order by dragging or by keys, picked from the library or written, as customers see it.
import { card } from "../ui/cards.js";
import { el, fill } from "../ui/dom.js";

const SEARCH_MS = 150;

class Welcome {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.list = form.querySelector(".welcome-lines");
    this.template = form.querySelector(".welcome-template");
    this.told = form.querySelector("[data-told]");
    this.limit = Number(form.dataset.limit);
    const languages = form.querySelector(".welcome-preview .choices");
    this.language = (languages.querySelector('[aria-pressed="true"]') ?? languages.firstElementChild).dataset.preview;
    this.list.querySelector(".spare")?.remove();
    for (const part of form.querySelectorAll(".welcome-add, .welcome-preview")) part.hidden = false;
    for (const line of this.lines) this.wake(line);
    new Picker(form, (picked) => this.add(picked));
    this.list.addEventListener("click", (event) => this.pressed(event));
    this.list.addEventListener("keydown", (event) => this.keyed(event));
    for (const name of ["dragstart", "dragover", "drop", "dragend"])
      this.list.addEventListener(name, (event) => this.dragged(event));
    form.addEventListener("input", () => this.show());
    form.querySelector(".welcome-preview .choices").addEventListener("click", (event) => this.turn(event.target));
    this.show();
  }

  get lines() {
    return [...this.list.querySelectorAll(".welcome-line")];
  }

  wake(line) {
    for (const button of line.querySelectorAll("button")) button.hidden = false;
    line.querySelector(".grip").addEventListener("pointerdown", () => { line.draggable = true; });
  }

  add({ id, question }) {
    if (this.lines.length >= this.limit) return;
    const line = this.template.content.firstElementChild.cloneNode(true);
    const words = line.querySelector(".welcome-words");
    if (id) {
      line.querySelector('[name="entry"]').value = id;
      const picked = el("span", { class: "picked", dir: "auto" }, question);
      words.querySelector('[name="text"]').replaceWith(el("input", { type: "hidden", name: "text", value: "" }), picked);
    } else words.querySelector('[name="text"]').value = question;
    this.list.append(line);
    this.wake(line);
    this.show();
  }

  // --- order ---

  pressed(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const line = button.closest(".welcome-line");
    if ("remove" in button.dataset) {
      const next = line.nextElementSibling || line.previousElementSibling;
      line.remove();
      (next?.querySelector("[data-remove]") ?? this.form.querySelector(".welcome-add input")).focus();
    } else {
      this.move(line, Number(button.dataset.move));
      button.focus();
    }
    this.show();
  }

  // Alt with an arrow moves the line one is in.
  keyed(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey) return;
    event.preventDefault();
    const focused = document.activeElement;
    this.move(event.target.closest(".welcome-line"), by);
    focused.focus();
    this.show();
  }

  move(line, by) {
    const other = by < 0 ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(line);
    else other.after(line);
    const place = this.lines.indexOf(line) + 1;
    this.told.textContent = fill(this.list.dataset.moved, { question: shownOn(line), place, count: this.lines.length });
  }

  dragged(event) {
    if (event.type === "dragstart") {
      this.held = event.target.closest?.(".welcome-line[draggable]");
      if (!this.held) return;
      this.held.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      return;
    }
    if (!this.held) return;
    event.preventDefault();
    const over = event.target.closest?.(".welcome-line");
    if (event.type === "dragover" && over && over !== this.held) {
      const { top, height } = over.getBoundingClientRect();
      if (event.clientY < top + height / 2) over.before(this.held);
      else over.after(this.held);
    }
    if (event.type === "dragend") {
      this.held.classList.remove("dragged");
      this.held.removeAttribute("draggable");
      this.held = null;
      this.show();
    }
  }

  // --- what the customer sees ---

  turn(button) {
    if (!button.dataset.preview) return;
    this.language = button.dataset.preview;
    for (const one of button.parentNode.children) one.setAttribute("aria-pressed", String(one === button));
    this.show();
  }

  show() {
    const lines = this.lines;
    lines.forEach((line, place) => {
      line.querySelector('[data-move="-1"]').disabled = place === 0;
      line.querySelector('[data-move="1"]').disabled = place === lines.length - 1;
    });
    const told = this.form.querySelector(".welcome-count");
    told.textContent = fill(told.dataset.count, { count: lines.length, limit: this.limit });
    const items = lines
      .filter((line) => [this.language, ""].includes(line.querySelector('[name="language"]').value))
      .map((line) => ({ content: shownOn(line) }))
      .filter((item) => item.content);
    const title = this.form.querySelector(`textarea[lang="${this.language}"]`)?.value ?? "";
    const data = { src: "29", subtype: "welcome_msg", content: { title, content: "", items } };
    const context = { words: {}, canAnswer: true, answer() {} };
    this.form.querySelector(".welcome-shown").replaceChildren(...(items.length ? card(data, context) : []));
  }
}

const shownOn = (line) => (line.querySelector(".picked")?.textContent ?? line.querySelector('[name="text"]').value).trim();

/** A box that finds questions of the library; what fits none can be added as it is. */
class Picker {
  constructor(form, pick) {
    this.pick = pick;
    this.address = form.dataset.search;
    this.input = form.querySelector(".welcome-add input");
    this.found = form.querySelector(".welcome-found");
    this.input.addEventListener("input", () => this.soon());
    this.input.addEventListener("focus", () => this.soon());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.found.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the box keeps the focus
      this.choose(event.target.closest("[role=option]"));
    });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), SEARCH_MS);
  }

  async search() {
    const text = this.input.value.trim();
    let entries = [];
    try {
      const answer = await fetch(`${this.address}?q=${encodeURIComponent(text)}`);
      if (answer.ok) ({ entries } = await answer.json());
    } catch {
      // Without the library one's own words can still be added.
    }
    if (text !== this.input.value.trim() || document.activeElement !== this.input) return;
    const options = entries.map(({ id, question }) => this.option(question, { id, question }));
    if (text) options.push(this.option(fill(this.found.dataset.own, { text }), { question: text }, "own"));
    this.found.replaceChildren(...options);
    this.mark(options[0]);
    this.found.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
  }

  option(words, picked, name = "") {
    this.number = (this.number ?? 0) + 1;
    const option = el("li", { role: "option", id: `welcome-option-${this.number}`, class: name, dir: "auto" }, words);
    option.picked = picked;
    return option;
  }

  mark(option) {
    for (const one of this.found.children) one.setAttribute("aria-selected", String(one === option));
    this.input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  get marked() {
    return this.found.hidden ? null : this.found.querySelector('[aria-selected="true"]');
  }

  pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.choose(this.marked);
    } else if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const way = event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
      this.mark(this.marked?.[way] ?? this.marked ?? this.found.firstElementChild);
    }
  }

  choose(option) {
    if (!option) return;
    this.pick(option.picked);
    this.input.value = "";
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.found.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

for (const form of document.querySelectorAll(".welcome-form")) new Welcome(form);
