// The transfer dialog (D-6): colleagues with their live state, groups with who waits and who is free, and a note.
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { presenceDot } from "./signs.js";
import { say, sayCount, sayError } from "./words.js";

const REFRESH = 3_000;

export class TransferDialog {
  /** @param {import("./workbench.js").Workbench} bench @param {(error: Error|null, text: string) => void} tell */
  constructor(bench, tell) {
    Object.assign(this, { bench, desk: bench.desk, tell, tab: "agents", answer: null, chosen: null, timer: 0 });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { dialog: at("transfer-dialog"), list: at("transfer-list"), query: at("transfer-query"), note: at("transfer-note"), start: at("transfer-start"), wrong: at("transfer-wrong") });
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.#choose(tab.dataset.tab));
    this.query.addEventListener("input", () => this.#ask());
    this.list.addEventListener("change", () => this.#picked());
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    at("transfer-cancel").addEventListener("click", () => this.dialog.close());
  }

  get #tabs() {
    return this.dialog.querySelectorAll("[data-tab]");
  }

  /** @param {import("../sdk/csdesk-desk.js").DeskSession} session */
  open(session) {
    if (!session) return;
    Object.assign(this, { session: session.id, answer: null, chosen: null });
    this.query.value = this.note.value = "";
    this.wrong.hidden = true;
    document.getElementById("transfer-whom").textContent = session.summary.customer.name;
    this.#choose("agents");
    this.dialog.showModal();
    this.query.focus();
    this.#ask();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#ask(), REFRESH);
  }

  #choose(tab) {
    this.tab = tab;
    this.chosen = null;
    for (const button of this.#tabs) button.setAttribute("aria-selected", String(button.dataset.tab === tab));
    this.query.parentElement.hidden = tab !== "agents";
    this.#draw();
  }

  async #ask() {
    const query = this.query.value.trim();
    try {
      const answer = await this.desk.colleagues(query);
      if (query !== this.query.value.trim()) return;
      this.answer = answer;
    } catch (error) {
      if (!this.answer) this.#fail(sayError(error));
    }
    this.#draw();
  }

  #fail(text) {
    this.wrong.hidden = false;
    this.wrong.lastElementChild.textContent = text;
  }

  #picked() {
    this.chosen = this.list.querySelector("input:checked")?.value ?? null;
    this.#enable();
  }

  #enable() {
    this.start.disabled = !this.list.querySelector("input:checked");
  }

  #draw() {
    const focused = this.list.contains(document.activeElement) ? document.activeElement.value : null;
    this.list.replaceChildren(...this.#rows());
    if (focused) this.list.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
    this.#enable();
  }

  #rows() {
    if (!this.answer) return [el("div", { class: "loading", role: "status", "aria-label": say("loading") }, el("i"), el("i"), el("i"))];
    const rows = this.tab === "agents" ? this.#agents() : this.answer.groups.map((group) => this.#group(group));
    return rows.length ? rows : [el("p", { class: "empty" }, say(this.tab === "agents" ? "no_colleague" : "no_group"))];
  }

  #agents() {
    const { member } = this.desk;
    return this.answer.agents
      .filter((agent) => agent.staffNo !== member.staffNo)
      .map((agent) => ({ agent, why: whyNot(agent) }))
      .sort((one, other) => Number(Boolean(one.why)) - Number(Boolean(other.why)))
      .map(({ agent, why }) => this.#agent(agent, why));
  }

  #agent(agent, why) {
    const shown = agent.status === "free" && why ? "busy" : agent.status;
    return this.#row(
      agent.userId,
      why,
      avatar({ name: agent.nickname }, { size: "small" }),
      el("span", { class: "transfer-name" }, el("span", { class: "cut", dir: "auto" }, agent.nickname), el("span", { class: "faint cut" }, [agent.staffNo, agent.userId].filter(Boolean).join(" · "))),
      el("span", { class: "state" }, presenceDot(shown), why || say("free"), agent.limit ? el("span", { class: "faint" }, `${agent.load}/${agent.limit}`) : null),
    );
  }

  #group(group) {
    const why = group.choosable === false ? say("nobody_signed_in") : "";
    return this.#row(
      String(group.id),
      why,
      icon("people"),
      el("span", { class: "transfer-name" }, el("span", { class: "cut", dir: "auto" }, group.name)),
      el("span", { class: "state" }, why || el("span", {}, sayCount("group_free", group.free)), el("span", { class: "faint" }, sayCount("group_waiting", group.waiting))),
    );
  }

  #row(value, why, sign, name, state) {
    const input = el("input", { type: "radio", name: "target", value, disabled: Boolean(why), checked: this.chosen === value && !why });
    return el("label", { class: why ? "transfer-row closed" : "transfer-row" }, input, sign, name, state);
  }

  async #submit(event) {
    event.preventDefault();
    const value = this.list.querySelector("input:checked")?.value;
    if (!value) return;
    const target = this.tab === "agents" ? { userId: value } : { skillGroupId: value };
    const name = this.list.querySelector("input:checked").closest(".transfer-row").querySelector(".transfer-name .cut").textContent;
    this.start.disabled = true;
    this.wrong.hidden = true;
    this.bench.handedTo.set(this.session, name);
    this.bench.givenAway.add(this.session);
    try {
      await this.desk.transfer(this.session, { ...target, note: this.note.value.trim() || undefined });
      this.dialog.close();
      this.tell(null, say("left_to", { name }));
    } catch (error) {
      this.bench.givenAway.delete(this.session);
      this.bench.handedTo.delete(this.session);
      this.#fail(sayError(error));
      this.#enable();
    }
  }
}

/** Why an agent cannot be chosen now, or nothing. */
function whyNot(agent) {
  if (agent.choosable) return "";
  if (agent.status !== "free") return say(agent.status);
  return agent.limit && agent.load >= agent.limit ? say("busy") : "";
}
