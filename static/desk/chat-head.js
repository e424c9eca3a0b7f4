// The head of the chat: who, from where, since when, and what can be done with the session.
import { el } from "../ui/dom.js";
import { clockLabel } from "../ui/times.js";
import { countdown } from "./signs.js";
import { soon } from "./soon.js";
import { closesByItself } from "./top-bar.js";
import { clockTime, eachSecond, now } from "./times.js";
import { say, sayError } from "./words.js";
import { UNDO_TIME, endOf, isHandedOn, startOf } from "./workbench.js";

const SHOWN_TAGS = 2;

export class ChatHead {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { tell, transfer }) {
    Object.assign(this, { bench, tell });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { name: at("chat-name"), facts: at("chat-facts"), ending: at("ending") });
    this.buttons = { invite: at("invite"), transfer: at("transfer"), hold: at("hold"), end: at("end") };
    this.buttons.invite.addEventListener("click", () => this.#do("inviteRating", say("invited")));
    this.buttons.hold.addEventListener("click", () => this.#do("hold", say("held_now")));
    this.buttons.transfer.addEventListener("click", () => transfer.openFor(bench.chosen));
    closesByItself(at("chat-more"));
    at("chat-more").addEventListener("click", (event) => this.#more(event));
    bench.addEventListener("chosen", () => (at("chat-more").open = false));
    this.buttons.end.addEventListener("click", () => bench.endSoon(bench.chosenId));
    at("ending-undo").addEventListener("click", () => bench.undoEnd(bench.chosenId));
    at("ending-anyway").addEventListener("click", () => bench.endNow(bench.chosenId));
    at("to-list").addEventListener("click", () => bench.show("list"));
    at("to-side").addEventListener("click", () => bench.show("side"));
    for (const event of ["chosen", "ending"]) bench.addEventListener(event, () => this.draw());
    const draw = soon(() => this.draw());
    for (const event of ["session", "list", "ready", "live"]) bench.desk.on(event, draw);
    eachSecond(() => this.draw());
    this.draw();
  }

  // Where there is no room for all buttons, some stand in the menu.
  #more(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    document.getElementById("chat-more").open = false;
    if (row.dataset.press) this.buttons[row.dataset.press].click();
  }

  draw() {
    const session = this.bench.chosen;
    if (!session?.summary) return;
    const { summary } = session;
    if (this.name.textContent !== summary.customer.name) this.name.textContent = this.name.title = summary.customer.name;
    this.#tags(summary.customer.tags ?? []);
    this.#facts(session);
    const isServing = session.place === "serving";
    const canAct = isServing && this.bench.desk.isReady;
    for (const button of Object.values(this.buttons)) {
      button.hidden = !isServing;
      button.disabled = !canAct;
    }
    for (const row of document.querySelectorAll("#chat-more [data-press]")) {
      row.disabled = !canAct;
      row.classList.toggle("none", !isServing);
    }
    this.buttons.hold.setAttribute("aria-pressed", String(Boolean(summary.held)));
    this.#ending(session.id);
  }

  // The first tags; all of them stand on the customer's card.
  #tags(tags) {
    const row = document.getElementById("chat-tags");
    if (row.dataset.tags === tags.join("\n")) return;
    row.dataset.tags = tags.join("\n");
    row.replaceChildren(...tags.slice(0, SHOWN_TAGS).map((tag) => el("span", { class: "tag cut", dir: "auto" }, tag)));
    if (tags.length > SHOWN_TAGS) row.append(el("span", { class: "tag", title: tags.slice(SHOWN_TAGS).join(", ") }, `+${tags.length - SHOWN_TAGS}`));
  }

  #facts(session) {
    const { place, summary } = session;
    const start = startOf(session);
    const isOver = place === "over";
    const until = isOver ? endOf(session) : now();
    const served = say(isOver ? "was_served" : "served", { time: clockLabel((until - start) / 1000) });
    const isEnded = isOver && summary.status && !isHandedOn(session);
    const facts = [
      el("span", {}, summary.channel.name),
      el("span", {}, say("since", { time: clockTime(summary.started) })),
      start && place !== "offered" ? el("time", {}, served) : null,
      isEnded ? el("span", {}, say(`status_${summary.status}`)) : null,
      summary.held && !isOver ? el("span", {}, say("held")) : null,
    ];
    const words = facts.map((fact) => fact?.textContent).join();
    if (this.shown === words) return;
    this.shown = words;
    this.facts.replaceChildren(...facts.filter(Boolean));
  }

  #ending(id) {
    const ending = this.bench.endings.get(id);
    this.ending.hidden = !ending;
    if (!ending) return;
    this.ending.classList.toggle("asks", ending.wrote);
    document.getElementById("ending-anyway").hidden = !ending.wrote;
    document.getElementById("ending-undo").textContent = say(ending.wrote ? "keep_open" : "undo");
    clearTimeout(this.soon);
    if (ending.wrote) {
      this.ending.querySelector(".ending-words").textContent = say("wrote_meanwhile", { name: this.name.textContent });
      return;
    }
    const left = ending.until - now();
    const seconds = Math.max(0, Math.ceil(left / 1000));
    this.ending.querySelector(".countdown").replaceWith(countdown(left, UNDO_TIME));
    const words = say("ending_in", { name: this.name.textContent, n: seconds });
    this.ending.querySelector(".ending-words").textContent = words;
    this.soon = setTimeout(() => this.draw(), 250);
  }

  async #do(command, done) {
    const button = this.buttons[command === "hold" ? "hold" : "invite"];
    button.disabled = true;
    try {
      await this.bench.desk[command](this.bench.chosenId);
      this.tell(null, done);
    } catch (error) {
      this.tell(error, sayError(error));
    } finally {
      this.draw();
    }
  }
}
