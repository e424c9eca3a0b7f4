// The list that `#` or `/` opens above the composer: quick replies, filtered as one types.
import { el } from "../ui/dom.js";
import { say } from "./words.js";

const SHOWN = 6;
// Chinese is written without blanks, so `#` may follow any letter; `/` stands in too many words and dates for that.
const TRIGGER = /(?:#|(?:^|\s)\/)([^#\n]{0,20})$/;

export class ReplyPicker {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {import("./quick-replies.js").QuickReplies} replies
   * @param {(reply: object, from: number, to: number) => void} use
   */
  constructor(box, replies, use) {
    Object.assign(this, { box, replies, use, found: [], at: 0, range: null, dismissed: "" });
    this.list = document.getElementById("picker");
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.#pick(Number(row.dataset.at));
    });
    box.addEventListener("blur", () => this.close());
    replies.addEventListener("change", () => this.isOpen && this.follow());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Looks at the words before the caret and opens, narrows or closes the list. */
  follow() {
    const caret = this.box.selectionStart;
    const match = TRIGGER.exec(this.box.value.slice(0, caret));
    if (!match || this.dismissed === match[0]) return this.close(match?.[0]);
    this.dismissed = "";
    this.found = this.replies.search(match[1]).slice(0, SHOWN);
    this.at = 0;
    this.range = [caret - match[1].length - 1, caret];
    if (this.found.length === 0 && (match[1] || this.replies.state === "ready")) return this.close();
    this.#draw(match[1].trim());
  }

  close(dismissed = "") {
    this.dismissed = dismissed;
    this.list.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  /** Takes the keys that belong to the list. Answers whether it did. */
  takesKey(event) {
    if (!this.isOpen || event.isComposing) return false;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") this.#move(key === "ArrowDown" ? 1 : -1);
    else if ((key === "Enter" && !event.shiftKey) || key === "Tab") this.#pick(this.at);
    else if (key === "Escape") this.#dismiss();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #dismiss() {
    this.close(TRIGGER.exec(this.box.value.slice(0, this.box.selectionStart))?.[0]);
  }

  #move(by) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.#mark();
  }

  #pick(at) {
    const reply = this.found[at];
    const [from, to] = this.range;
    this.close();
    if (reply) this.use(reply, from, to);
  }

  #draw(query) {
    const rows = this.found.map((reply, at) => this.#row(reply, at, query));
    this.list.replaceChildren(...(rows.length ? rows : [el("p", { class: "faint padded" }, say("loading"))]));
    this.list.hidden = false;
    this.#mark();
  }

  #row(reply, at, query) {
    return el(
      "div",
      { class: "row", role: "option", id: `pick-${at}`, data: { at } },
      el("strong", { class: "cut" }, ...marked(reply.title, query)),
      el("span", { class: "faint" }, say(reply.mine ? "reply_mine" : "reply_shared")),
      el("p", { class: "cut" }, reply.text),
    );
  }

  #mark() {
    for (const row of this.list.children) row.setAttribute("aria-selected", String(Number(row.dataset.at) === this.at));
    const chosen = this.list.children[this.at];
    if (!chosen?.id) return;
    chosen.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", chosen.id);
  }
}

/** A text with each place of the query marked. @param {string} text @param {string} query */
export function marked(text, query) {
  const word = query.trim().split(/\s+/)[0];
  const at = word ? text.toLocaleLowerCase().indexOf(word.toLocaleLowerCase()) : -1;
  if (at < 0) return [text];
  return [text.slice(0, at), el("mark", {}, text.slice(at, at + word.length)), text.slice(at + word.length)];
}
