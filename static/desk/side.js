// The right column: who the customer is, and below it quick replies, history, session data and notes.
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { noteElement } from "./chat-thread.js";
import { failed, loading } from "./loading.js";
import { ReplyTab } from "./reply-tab.js";
import { dayAndTime } from "./times.js";
import { page, say, sayError } from "./words.js";

/** What the server knows of a session's customer beyond its summary; asked for once per session and visit. */
class Facts {
  constructor() {
    this.known = new Map();
  }

  /** @returns {Promise<object>} */
  of(id) {
    if (!this.known.has(id)) {
      const asked = fetch(page.session_url.replace("SESSION", id), { headers: { Accept: "application/json" } }).then((answer) => {
        if (!answer.ok) throw Object.assign(new Error(String(answer.status)), { code: "unavailable" });
        return answer.json();
      });
      asked.catch(() => this.known.delete(id));
      this.known.set(id, asked);
    }
    return this.known.get(id);
  }

  forget(id) {
    this.known.delete(id);
  }
}

export class Side {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { replies, tell }) {
    Object.assign(this, { bench, replies, tell, facts: new Facts(), tab: "replies" });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { card: at("customer"), side: at("side"), tabs: at("side-tabs") });
    this.parts = { replies: new ReplyTab(bench, replies, tell), history: new HistoryTab(), data: new DataTab(), notes: new NotesTab(bench, tell) };
    this.tabs.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) this.choose(tab.dataset.tab);
    });
    this.tabs.addEventListener("keydown", (event) => this.#arrows(event));
    this.card.addEventListener("click", (event) => this.#edit(event));
    at("side-close").addEventListener("click", () => bench.show("chat"));
    bench.addEventListener("chosen", () => this.#show());
    bench.desk.on("ready", () => this.#show());
    bench.desk.on("session", ({ session }) => session === bench.chosenId && this.#head());
    bench.desk.on("notes", ({ session }) => session === bench.chosenId && this.#notes());
    this.choose("replies");
    this.#show();
  }

  choose(tab) {
    this.tab = tab;
    for (const button of this.tabs.children) {
      const isChosen = button.dataset.tab === tab;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      document.getElementById(`tab-${button.dataset.tab}`).hidden = !isChosen;
    }
  }

  /** To the search of quick replies (/). */
  search() {
    if (!this.bench.chosen?.summary) return;
    if (getComputedStyle(this.side).display === "none") this.bench.show("side");
    this.choose("replies");
    document.getElementById("reply-search").focus();
  }

  /** To a new note (N), where none can be written in the box. */
  note() {
    if (!this.bench.chosen?.summary || this.bench.chosen.place === "offered") return;
    if (getComputedStyle(this.side).display === "none") this.bench.show("side");
    this.choose("notes");
    document.getElementById("note-form").elements.text.focus();
  }

  #arrows(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const tabs = [...this.tabs.children];
    const next = tabs[(tabs.findIndex((tab) => tab.dataset.tab === this.tab) + by + tabs.length) % tabs.length];
    this.choose(next.dataset.tab);
    next.focus();
  }

  async #show() {
    const session = this.bench.chosen;
    this.side.dataset.empty = String(!session?.summary);
    this.#notes();
    if (!session?.summary) return;
    this.#head();
    this.#facts(null);
    showRecord(null);
    this.replies.variables = {};
    this.parts.history.show(null);
    this.parts.data.show(null);
    try {
      const facts = await this.facts.of(session.id);
      if (session.id !== this.bench.chosenId) return;
      this.#facts(facts);
      this.replies.variables = facts.variables;
      showRecord(facts.record);
      this.bench.setEarlier(session, facts.earlier.length > 0);
      this.parts.history.show(facts);
      this.parts.data.show(facts);
    } catch (error) {
      if (session.id !== this.bench.chosenId) return;
      this.bench.setEarlier(session, true);
      this.parts.history.fail(() => this.#show());
      this.parts.data.fail(() => this.#show());
    }
  }

  #head() {
    const { summary } = this.bench.chosen;
    const { customer } = summary;
    const version = JSON.stringify([customer.id, customer.name, customer.visitor_no, customer.avatar, Boolean(customer.picture), customer.online]);
    if (this.shown === version) return;
    this.shown = version;
    this.#known(customer);
    const isOnline = customer.online;
    this.card.querySelector("header").replaceChildren(
      avatar(customer, { size: "large", presence: isOnline ? "" : "away" }),
      el("h2", { class: "cut", dir: "auto", title: customer.name }, customer.name),
      el("p", { class: "faint cut" }, say(isOnline ? "online" : "away")),
    );
  }

  // Who says their name meanwhile, or turns out to be a known user, has more to be told than before.
  #known({ id, name, avatar: face }) {
    const session = this.bench.chosenId;
    const version = [id, name, face].join("\n");
    const isOther = this.seen?.session === session && this.seen.version !== version;
    this.seen = { session, version };
    if (!isOther) return;
    this.facts.forget(this.bench.chosenId);
    this.#show();
  }

  #facts(facts) {
    const rows = facts ? facts.customer : [];
    this.#standing(facts);
    this.card.querySelector(".facts").replaceChildren(...rows.flatMap(fact));
    this.card.querySelector(".tags").replaceChildren(...(facts?.tags ?? []).map(({ name, tone, past }) => el("span", { class: `tag toned ${tone}${past ? " past" : ""}`, dir: "auto" }, name)));
    for (const link of this.card.querySelectorAll("[data-page]")) {
      const address = facts?.pages?.[link.dataset.page];
      link.hidden = !address || (link.dataset.page === "bar" && Boolean(facts.blacklist));
      if (address) link.href = address;
    }
  }

  // What is noted of a customer is edited in a dialog over the workbench, with the form of their own page (D-9).
  async #edit(event) {
    const link = event.target.closest("a[data-form]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const session = this.bench.chosenId;
    const { openForm } = await import("../customers/form-dialog.js");
    const saved = () => {
      this.facts.forget(session);
      if (session === this.bench.chosenId) this.#show();
    };
    openForm(link.href, { failed: say("error_unavailable"), close: say("cancel"), saved });
  }

  // Beside the name, quietly: whether anybody but the page says who this is, and how they are called.
  #standing(facts) {
    const told = [facts?.standing === "known" && "known", facts?.is_claimed && "claimed"].filter(Boolean);
    const barred = facts?.blacklist ? [el("span", { class: `tag ${facts.blacklist === "active" ? "late" : "near"}` }, icon("block", "small"), say(`blacklist_${facts.blacklist}`))] : [];
    const marks = told.map((standing) =>
      el("span", { class: `tag ${standing}`, title: say(`standing_${standing}_text`) }, icon(standing === "known" ? "check" : "info", "small"), say(`standing_${standing}`)),
    );
    this.card.querySelector(".standing").replaceChildren(...marks, ...barred);
  }

  #notes() {
    this.parts.notes.draw();
    const count = this.bench.chosen?.notes.length ?? 0;
    this.tabs.querySelector("[data-tab=notes] b").textContent = count || "";
  }
}

/** What the chat's head offers of the session's record: to open it, to save it as text. */
function showRecord(record) {
  for (const [id, address] of [["record-link", record?.url], ["record-text", record?.text_url]]) {
    const link = document.getElementById(id);
    link.hidden = !address;
    if (address) link.href = address;
  }
}

function fact({ label, value, time }) {
  return [el("dt", {}, label), el("dd", { dir: "auto" }, time ? dayAndTime(time) : value)];
}

/** The customer's earlier sessions; each opens its record. */
class HistoryTab {
  constructor() {
    this.panel = document.getElementById("tab-history");
  }

  show(facts) {
    if (!facts) return this.panel.replaceChildren(loading());
    const rows = facts.earlier.map((session) => this.#row(session));
    this.panel.replaceChildren(...(rows.length ? rows : [el("p", { class: "empty" }, say("no_history"))]));
  }

  fail(again) {
    this.panel.replaceChildren(failed(again));
  }

  #row(session) {
    const inside = [
      el("strong", {}, el("time", {}, dayAndTime(session.started))),
      el("span", { class: "faint cut" }, [session.agent, session.status_label].filter(Boolean).join(" · ")),
      el("p", { class: "cut", dir: "auto" }, session.last),
    ];
    if (!session.record_url) return el("div", { class: "earlier-row" }, ...inside);
    return el("a", { class: "earlier-row", href: session.record_url, target: "_blank" }, ...inside, icon("outside", "small"));
  }
}

/** What the flow and the browser told: variables, page, language. */
class DataTab {
  constructor() {
    this.panel = document.getElementById("tab-data");
  }

  show(facts) {
    if (!facts) return this.panel.replaceChildren(loading());
    const parts = facts.data.filter(({ rows }) => rows.length).map(({ title, rows }) => [el("h3", { class: "data-title" }, title), el("dl", { class: "facts" }, ...rows.flatMap(fact))]);
    this.panel.replaceChildren(...(parts.length ? parts.flat() : [el("p", { class: "empty" }, say("no_data"))]));
  }

  fail(again) {
    this.panel.replaceChildren(failed(again));
  }
}

/** All notes of the session, and a place to write one. */
class NotesTab {
  constructor(bench, tell) {
    Object.assign(this, { bench, tell });
    this.list = document.getElementById("note-list");
    this.form = document.getElementById("note-form");
    this.form.addEventListener("submit", (event) => this.#add(event));
    this.form.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
  }

  draw() {
    const session = this.bench.chosen;
    const notes = session?.notes ?? [];
    this.form.hidden = !session?.summary || session.place === "offered";
    this.list.replaceChildren(...(notes.length ? notes.map(noteElement) : [el("p", { class: "empty" }, say("no_notes"))]));
  }

  async #add(event) {
    event.preventDefault();
    const text = this.form.text.value.trim();
    if (!text) return;
    try {
      await this.bench.desk.addNote(this.bench.chosenId, text);
      this.form.reset();
    } catch (error) {
      this.tell(error, sayError(error));
    }
  }
}

