// The test window beside every bot page, and the preview of settings: a question to the draft, and why it got what.
import { card } from "../ui/cards.js";
import { textBubble } from "../ui/bodies.js";
import { el, icon } from "../ui/dom.js";

const words = JSON.parse(document.getElementById("bot-words")?.textContent ?? "{}");
const OWN_PICTURES = /\/pictures\/answers\/[0-9a-f-]{36}\//g;
const KEPT = "csdesk-bot-test";
const WIDE = matchMedia("(min-width: 1024px)");
const REMEMBERED = 30;

/** What the draft says to a question; throws with words for people. */
async function asked(address, fields) {
  const answer = await fetch(address, { method: "POST", body: fields, headers: { Accept: "application/json" } });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok || !("decision" in said)) throw new Error(said.detail ?? words.failed);
  return said;
}

/** The answer as the customer sees it. */
function seen(said, ask) {
  const context = { words: words.thread, locale: document.documentElement.lang, side: "customer", canAnswer: Boolean(ask), answer: ask, message: {} };
  const parts = [];
  if (said.items.length) {
    const content = { title: said.title, items: said.items.map((text) => ({ content: text })) };
    parts.push(...card({ src: "29", subtype: "clarify_msg", content }, context));
  } else if (said.format === "markdown") {
    const pictures = Object.fromEntries((said.text.match(OWN_PICTURES) ?? []).map((path) => [path, path]));
    parts.push(...card({ src: "30", content: said.text, pictures }, context));
  } else if (said.text) parts.push(textBubble(said.text, words.thread));
  if (said.offers_human || said.hands_over)
    parts.push(el("p", { class: "test-human" }, icon("headset", "small"), words.to_human));
  return parts;
}

/** The reasons as the server has written them. */
function reasons(html) {
  return [...new DOMParser().parseFromString(html, "text/html").body.childNodes];
}

class TestWindow {
  #panel;
  #thread;
  #form;
  #note;
  #empty;
  #rows = []; // decisions of this talk, newest first
  #turn = 0;

  constructor(panel) {
    this.#panel = panel;
    this.#thread = panel.querySelector(".thread");
    this.#form = panel.querySelector("form");
    this.#note = panel.querySelector(".test-note");
    this.#empty = this.#thread.firstElementChild;
    this.#listen();
    if (WIDE.matches && this.#wish() !== "closed") this.#show(true);
  }

  #listen() {
    const text = this.#form.elements.text;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(text.value);
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.ask(text.value);
    });
    this.#panel.addEventListener("click", (event) => {
      if (event.target.closest("[data-test-close]")) this.#close();
      if (event.target.closest("[data-test-clear]")) this.#clear();
      const language = event.target.closest("[data-speak]");
      if (language) this.#speak(language);
    });
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !WIDE.matches) this.#close();
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-test-open]")) this.#open();
    });
    for (const changed of ["bot:changed", "bot:built"])
      document.addEventListener(changed, () => this.#prepare());
    WIDE.addEventListener("change", () => this.#show(WIDE.matches && this.#wish() !== "closed"));
  }

  #wish() {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return null; // the browser keeps nothing for us
    }
  }

  #wants(state) {
    try {
      localStorage.setItem(KEPT, state);
    } catch {
      // it opens as usual the next time
    }
  }

  #show(isOpen) {
    this.#panel.hidden = !isOpen;
    for (const button of document.querySelectorAll("[data-test-open]"))
      button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.#prepare();
  }

  #open() {
    if (WIDE.matches) this.#wants("open");
    this.#show(true);
    this.#form.elements.text.focus();
  }

  #close() {
    if (WIDE.matches) this.#wants("closed");
    this.#show(false);
    document.querySelector("[data-test-open]")?.focus();
  }

  /** Lets the draft be learnt before anybody asks. */
  #prepare() {
    if (!this.#panel.hidden) fetch(this.#panel.dataset.ready).catch(() => {});
  }

  #clear() {
    this.#turn += 1;
    this.#rows = [];
    this.#thread.replaceChildren(this.#empty);
    this.#tell("");
    this.#form.elements.text.focus();
  }

  #speak(button) {
    for (const other of this.#panel.querySelectorAll("[data-speak]"))
      other.setAttribute("aria-pressed", String(other === button));
  }

  #tell(note) {
    this.#note.textContent = note;
    this.#note.hidden = !note;
  }

  async ask(text) {
    const said = text.trim();
    if (!said) return;
    const turn = this.#turn;
    this.#form.elements.text.value = "";
    this.#empty.remove();
    const mine = el("article", { class: "message mine" }, textBubble(said, words.thread));
    const waiting = el("p", { class: "typing", "aria-label": words.learning }, el("i", {}, el("b")));
    this.#append(mine, waiting);
    const fields = new FormData(this.#form);
    fields.set("text", said);
    fields.set("language", this.#panel.querySelector("[data-speak][aria-pressed=true]").dataset.speak);
    fields.set("rows", JSON.stringify(this.#rows));
    try {
      const answer = await asked(this.#panel.dataset.ask, fields);
      if (turn !== this.#turn) return;
      waiting.replaceWith(this.#answered(answer));
      this.#rows = [[answer.decision, answer.entry], ...this.#rows].slice(0, REMEMBERED);
      this.#tell(answer.note);
    } catch (error) {
      if (turn === this.#turn) waiting.replaceWith(el("p", { class: "wrong", role: "alert" }, error.message));
    }
    mine.scrollIntoView({ block: "start" });
  }

  #answered(said) {
    return el("article", { class: "message" }, ...seen(said, (text) => this.ask(text)), ...reasons(said.why));
  }

  #append(...nodes) {
    this.#thread.append(...nodes);
    nodes.at(-1).scrollIntoView({ block: "nearest" });
  }
}

/** Beside a form of settings: what a question would get with what is typed there. */
class Preview {
  #box;
  #form;
  #asked = 0;
  #timer = 0;

  constructor(box, form) {
    this.#box = box;
    this.#form = form;
    const soon = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(), 250);
    };
    box.addEventListener("input", soon);
    form.addEventListener("input", soon);
  }

  async #ask() {
    const text = this.#box.querySelector("input").value.trim();
    if (!text) return;
    this.#asked += 1;
    const number = this.#asked;
    const fields = new FormData(this.#form);
    fields.set("text", text);
    fields.set("section", this.#form.dataset.botSection);
    fields.set("language", document.documentElement.lang);
    let shown;
    try {
      const said = await asked(this.#box.dataset.preview, fields);
      shown = [el("article", { class: "message" }, ...seen(said, null)), ...reasons(said.why)];
      shown.at(-1).querySelector?.("details")?.setAttribute("open", "");
    } catch (error) {
      shown = [el("p", { class: "wrong" }, error.message)];
    }
    if (number === this.#asked) this.#box.querySelector(".bot-preview-answer").replaceChildren(...shown);
  }
}

/** What each range of scores leads to, with both ends, as the lines are typed. */
function keepBands(bands, form) {
  const line = (name) => Math.min(1, Math.max(0, Number(form.elements[name].value) || 0));
  const text = (value) => (value < 1 ? value.toFixed(2).replace(/^0(?=\.)/, "") : "1");
  const show = () => {
    const [guide, direct] = [Math.min(line("guide"), line("direct")), line("direct")];
    const ends = { fallback: [0, guide], guide: [guide, direct], direct: [direct, 1] };
    for (const band of bands.children) {
      const [from, to] = ends[band.dataset.band];
      band.hidden = to <= from;
      band.style.flexGrow = String(to - from);
      band.querySelector("dd").textContent = `${from ? text(from) : "0"} – ${text(to)}`;
    }
  };
  form.addEventListener("input", show);
  show();
}

const panel = document.getElementById("test");
if (panel) new TestWindow(panel);
const box = document.querySelector("[data-preview]");
const form = document.querySelector("[data-bot-section]");
if (box && form) {
  new Preview(box, form);
  keepBands(box.querySelector("[data-bands]"), form);
}
