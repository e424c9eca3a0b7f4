// The transfer dialog (D-6): colleagues with their live state, groups with who waits and who is free, and a note.
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { follow, write } from "./keyed.js";
import { presenceDot } from "./signs.js";
import { say, sayCount, sayError } from "./words.js";

const REFRESH = 3_000;

export class TransferDialog {
  /** @param {import("./workbench.js").Workbench} bench @param {(error: Error|null, text: string) => void} tell */
  constructor(bench, tell) {
    Object.assign(this, { bench, desk: bench.desk, tell, tab: "agents", answer: null, timer: 0, isSending: false });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { dialog: at("transfer-dialog"), list: at("transfer-list"), state: at("transfer-state"), query: at("transfer-query"), note: at("transfer-note"), start: at("transfer-start"), wrong: at("transfer-wrong") });
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.#choose(tab.dataset.tab));
    at("transfer-tabs").addEventListener("keydown", (event) => this.#arrows(event));
    this.query.addEventListener("input", () => this.#searched());
    this.query.addEventListener("keydown", (event) => this.#queryKey(event));
    this.list.addEventListener("change", () => this.#enable());
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    at("transfer-cancel").addEventListener("click", () => this.dialog.close());
    at("transfer-again").addEventListener("click", () => this.#ask());
  }

  get #tabs() {
    return this.dialog.querySelectorAll("[data-tab]");
  }

  get #chosen() {
    return this.list.querySelector("input:checked:enabled");
  }

  /** Opens for a session that can be handed on now (T). @param {import("../sdk/csdesk-desk.js").DeskSession|null} session */
  openFor(session) {
    if (session?.place === "serving" && this.desk.isReady) this.open(session);
  }

  /** @param {import("../sdk/csdesk-desk.js").DeskSession} session @param {string} [without] account of who has it now */
  open(session, without = "") {
    // Of somebody else's session: with whom a supervisor sees it.
    const seenWith = session.place === "watched" ? (session.summary.agent ?? null) : undefined;
    Object.assign(this, { session: session.id, answer: null, without, seenWith });
    this.query.value = this.note.value = "";
    this.wrong.hidden = true;
    this.list.replaceChildren();
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
    for (const button of this.#tabs) {
      const isChosen = button.dataset.tab === tab;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    this.query.placeholder = say(tab === "agents" ? "search_colleague" : "search_group");
    this.query.setAttribute("aria-label", this.query.placeholder);
    this.list.replaceChildren();
    this.#draw();
  }

  #arrows(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = [...this.#tabs].find((tab) => tab.dataset.tab !== this.tab);
    this.#choose(other.dataset.tab);
    other.focus();
  }

  #searched() {
    if (this.tab === "agents") this.#ask(true);
    else this.#draw();
  }

  // Down goes from the search into the list; Enter chooses the only one found.
  #queryKey(event) {
    const rows = this.list.querySelectorAll("input:enabled");
    if (event.key === "ArrowDown" && rows.length) {
      event.preventDefault();
      rows[0].checked = true;
      rows[0].focus();
      this.#enable();
    } else if (event.key === "Enter" && !this.#chosen) {
      event.preventDefault();
      if (rows.length !== 1 || event.isComposing) return;
      rows[0].checked = true;
      this.#enable();
      this.note.focus();
    }
  }

  async #ask(isNew = false) {
    const query = this.tab === "agents" ? this.query.value.trim() : "";
    try {
      const answer = await this.desk.colleagues(query);
      if (this.tab === "agents" && query !== this.query.value.trim()) return;
      this.answer = answer;
      // Another search begins its own order.
      if (isNew && !this.#chosen) this.list.replaceChildren();
      this.#stale("");
    } catch (error) {
      this.#stale(sayError(error));
    }
    this.#draw();
  }

  // The list may be out of date: a word above it, and it stays in use.
  #stale(text) {
    this.state.hidden = !text;
    write(this.state.querySelector("span"), text);
  }

  #enable() {
    this.start.disabled = this.isSending || !this.#chosen;
  }

  #draw() {
    const loading = this.dialog.querySelector(".loading");
    const empty = this.dialog.querySelector(".empty");
    loading.hidden = Boolean(this.answer) || !this.state.hidden;
    const rows = this.answer ? this.#steady(this.tab === "agents" ? this.#agents() : this.#groups()) : [];
    follow(this.list, rows, { key: (row) => row.value, make: makeRow, fill: fillRow });
    empty.hidden = !this.answer || rows.length > 0;
    if (!empty.hidden) write(empty, say(this.query.value.trim() ? "nobody_found" : this.tab === "agents" ? "no_colleague" : "no_group"));
    this.#enable();
  }

  // States change while one reads; the rows stay where they are, new ones come at the end.
  #steady(rows) {
    const shown = new Map([...this.list.children].map((row, at) => [row.dataset.key, at]));
    const place = (row) => shown.get(row.value) ?? Infinity;
    return shown.size ? rows.sort((one, other) => (place(one) < place(other) ? -1 : Number(place(one) > place(other)))) : rows;
  }

  #agents() {
    const { member } = this.desk;
    return this.answer.agents
      .filter((agent) => agent.staffNo !== member.staffNo && agent.userId !== this.without)
      .map((agent) => {
        const why = whyNot(agent);
        const shown = agent.status === "free" && why ? "busy" : agent.status;
        const below = [agent.staffNo, agent.userId].filter(Boolean).join(" · ");
        const words = why || say("free");
        return { kind: "agent", value: agent.userId, name: agent.nickname, person: { name: agent.nickname, avatar: agent.avatar }, below, why, shown, words, aside: agent.limit ? `${agent.load}/${agent.limit}` : "" };
      })
      .sort((one, other) => Number(Boolean(one.why)) - Number(Boolean(other.why)));
  }

  #groups() {
    const query = this.query.value.trim().toLocaleLowerCase();
    return this.answer.groups
      .filter((group) => group.name.toLocaleLowerCase().includes(query))
      .map((group) => {
        const why = group.choosable === false ? say("nobody_signed_in") : "";
        return { kind: "group", value: String(group.id), name: group.name, below: "", why, shown: "", words: why || sayCount("group_free", group.free), aside: sayCount("group_waiting", group.waiting) };
      });
  }

  async #submit(event) {
    event.preventDefault();
    const { value } = this.#chosen ?? {};
    if (!value || this.isSending) return;
    const target = this.tab === "agents" ? { userId: value } : { skillGroupId: value };
    const name = this.#chosen.closest(".transfer-row").querySelector(".transfer-name .cut").textContent;
    this.isSending = true;
    this.#enable();
    this.wrong.hidden = true;
    this.bench.handedTo.set(this.session, name);
    this.bench.givenAway.add(this.session);
    try {
      await this.desk.transfer(this.session, { ...target, agent: this.seenWith, note: this.note.value.trim() || undefined });
      this.dialog.close();
      this.tell(null, say("left_to", { name }));
    } catch (error) {
      this.bench.givenAway.delete(this.session);
      this.bench.handedTo.delete(this.session);
      this.wrong.hidden = false;
      this.wrong.lastElementChild.textContent = sayError(error);
      this.#ask();
    } finally {
      this.isSending = false;
      this.#enable();
    }
  }
}

function makeRow({ kind, value, person }) {
  const name = el("span", { class: "transfer-name" }, el("span", { class: "cut", dir: "auto" }), el("span", { class: "faint cut" }));
  const state = el("span", { class: "state" }, el("i"), el("span"), el("span", { class: "faint" }));
  const sign = kind === "agent" ? avatar(person, { size: "small" }) : icon("people");
  return el("label", { class: "transfer-row" }, el("input", { type: "radio", name: "target", value }), sign, name, state);
}

// What is chosen stays chosen while it can be; who has gone on a break meanwhile cannot.
function fillRow(row, { name, below, why, shown, words, aside }) {
  const input = row.querySelector("input");
  input.disabled = Boolean(why);
  if (why) input.checked = false;
  row.classList.toggle("closed", Boolean(why));
  const [title, under] = row.querySelector(".transfer-name").children;
  write(title, name);
  title.title = name;
  write(under, below);
  const [dot, state, more] = row.querySelector(".state").children;
  const sign = shown ? presenceDot(shown).className : "";
  if (dot.className !== sign) dot.className = sign;
  dot.hidden = !shown;
  write(state, words);
  write(more, aside);
}

/** Why an agent cannot be chosen now, or nothing. */
function whyNot(agent) {
  if (agent.choosable) return "";
  if (agent.status !== "free") return say(agent.status);
  return agent.limit && agent.load >= agent.limit ? say("busy") : "";
}
