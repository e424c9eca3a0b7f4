// Offers: one row each above the list, with countdown, accept and decline; nothing of the chat is covered.
import { el, icon } from "../ui/dom.js";
import { lastWords } from "./last-words.js";
import { channelIcon, countdown } from "./signs.js";
import { soon } from "./soon.js";
import { eachSecond, now } from "./times.js";
import { say, sayCount, sayError } from "./words.js";

/** The row of offers. A row that is gone keeps its place while the pointer is among them. */
export class Offers {
  /** @param {import("./workbench.js").Workbench} bench @param {(error: Error) => void} tell */
  constructor(bench, tell) {
    Object.assign(this, { bench, tell, busy: new Set(), whole: new Map() });
    this.section = document.getElementById("offers");
    this.list = document.getElementById("offer-list");
    this.count = document.getElementById("offer-count");
    bench.desk.on("callIn", ({ session, timeout }) => timeout && this.whole.set(session, timeout * 1000));
    for (const event of ["list", "session", "ready", "live"]) bench.desk.on(event, soon(() => this.draw()));
    this.section.addEventListener("pointerleave", () => this.#sweep());
    eachSecond(() => this.draw());
    this.draw();
  }

  /** Accepts the offer that ends first (A). */
  acceptFirst() {
    const first = this.bench.offered()[0];
    if (first) this.#act("accept", first.id, this.bench.isWalking);
  }

  draw() {
    const offered = this.bench.offered();
    const rows = new Map([...this.list.children].map((row) => [row.dataset.session, row]));
    for (const session of offered) {
      const row = rows.get(session.id) ?? this.list.appendChild(this.#row(session.id));
      rows.delete(session.id);
      row.classList.remove("gone");
      this.#fill(row, session);
    }
    for (const row of rows.values()) this.#away(row, offered.length > 0);
    this.count.textContent = offered.length;
    this.section.hidden = this.list.children.length === 0;
  }

  // Were the next row to move up under the pointer, a click would take the wrong one.
  #away(row, hasOthers) {
    if (!hasOthers || !this.section.matches(":hover")) return row.remove();
    row.classList.add("gone");
    for (const button of row.querySelectorAll("button")) button.disabled = true;
  }

  #sweep() {
    for (const row of this.list.querySelectorAll(".gone")) row.remove();
    this.section.hidden = this.list.children.length === 0;
  }

  #row(id) {
    const decline = el(
      "button",
      { type: "button", class: "button quiet small bare", "aria-label": say("decline"), onclick: () => this.#act("decline", id) },
      icon("x", "small"),
    );
    const accept = el(
      "button",
      { type: "button", class: "button primary small", "aria-label": say("accept"), onclick: () => this.#act("accept", id) },
      icon("check", "small"),
      el("span", { class: "wide-only" }, say("accept")),
    );
    return el(
      "article",
      { class: "offer", data: { session: id } },
      el("span", { class: "countdown" }),
      el("strong", { class: "offer-name cut", dir: "auto" }),
      el("div", { class: "buttons" }, decline, accept),
      el("span", { class: "offer-from" }),
      el("p", { class: "offer-last cut", dir: "auto" }),
      el("p", { class: "offer-note", hidden: true }),
    );
  }

  #fill(row, session) {
    const { summary } = session;
    const left = (summary.offer_ends ?? now()) - now();
    if (!this.whole.has(session.id)) this.whole.set(session.id, Math.max(left, 1000));
    const seconds = Math.max(0, Math.ceil(left / 1000));
    row.querySelector(".countdown").replaceWith(countdown(left, this.whole.get(session.id), sayCount("seconds_left", seconds)));
    row.querySelector(".offer-name").textContent = summary.customer.name;
    const from = row.querySelector(".offer-from");
    const words = this.#from(session);
    if (from.textContent !== words) from.replaceChildren(session.handedBy ? icon("transfer", "small") : channelIcon(summary.channel.kind), el("span", { class: "cut" }, words));
    row.querySelector(".offer-last").textContent = lastWords(session, this.bench.desk.member);
    this.#note(row.querySelector(".offer-note"), session.handedBy?.note ?? "");
    for (const button of row.querySelectorAll("button")) button.disabled = this.busy.has(session.id) || left <= 0;
  }

  /** What the colleague left with it. */
  #note(line, text) {
    line.hidden = !text;
    if (line.title === text) return;
    line.title = text;
    line.replaceChildren(icon("note", "small"), el("span", { class: "cut", dir: "auto" }, say("offer_note", { text })));
  }

  #from({ summary, handedBy }) {
    const where = [summary.channel.name, summary.group?.name].filter(Boolean).join(" · ");
    return handedBy ? say("offer_from", { name: handedBy.name, where }) : where;
  }

  async #act(op, id, isByLetter = false) {
    if (this.busy.has(id)) return;
    this.busy.add(id);
    if (op === "decline") this.bench.givenAway.add(id);
    this.draw();
    try {
      await this.bench.desk[op](id);
      const choose = () => this.bench.choose(id);
      if (op === "accept" && isByLetter) this.bench.walk(choose);
      else if (op === "accept") choose();
    } catch (error) {
      this.tell(error, sayError(error));
    } finally {
      this.busy.delete(id);
      this.draw();
    }
  }
}
