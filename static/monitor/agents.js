// The agents: state, time in it, load; whose sessions to show; and their availability set by the supervisor.
import { ask } from "../desk/ask.js";
import { follow, write } from "../desk/keyed.js";
import { presenceDot } from "../desk/signs.js";
import { now } from "../desk/times.js";
import { page, say, sayError } from "../desk/words.js";
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { clockLabel } from "../ui/times.js";

const MOST_BLOCKS = 8;

export class AgentList {
  /**
   * @param {import("./board.js").Board} board @param {import("./filters.js").Filters} filters
   * @param {import("../sdk/csdesk-desk.js").Desk} desk @param {(text: string) => void} toast
   */
  constructor(board, filters, desk, toast) {
    const at = (id) => document.getElementById(id);
    Object.assign(this, { board, filters, desk, toast, list: at("agents"), offline: at("agents-offline"), empty: at("agents-empty") });
  }

  draw() {
    const shown = [...this.board.agents.values()].filter((agent) => this.filters.fitsAgent(agent));
    const isAway = ({ status }) => status === "offline";
    const away = shown.filter(isAway);
    this.#follow(this.list, shown.filter((agent) => !isAway(agent)));
    this.#follow(this.offline.lastElementChild, away);
    this.offline.hidden = away.length === 0;
    write(this.offline.querySelector("b"), away.length);
    this.empty.hidden = shown.length > 0;
    write(this.empty.lastElementChild, say("no_agents"));
  }

  tick() {
    for (const row of document.querySelectorAll(".agent-row")) tick(row);
  }

  #follow(list, agents) {
    const byName = (one, other) => one.nickname.localeCompare(other.nickname) || one.id - other.id;
    follow(list, agents.sort(byName), { key: ({ id }) => String(id), make: (agent) => this.#make(agent), fill: (row, agent) => this.#fill(row, agent) });
  }

  #make(agent) {
    const name = el("button", { type: "button", class: "agent-name cut", dir: "auto", onclick: () => this.filters.toggleAgent(agent.id) });
    const state = el("span", { class: "agent-state cut" });
    const load = el("span", { class: "agent-load" });
    const row = el("li", { class: "agent-row" }, avatar({ id: String(agent.id), name: agent.nickname, avatar: agent.avatar }, { presence: "" }), name, state, load, this.#menu(agent));
    row.parts = { name, state, load, menu: row.lastElementChild };
    return row;
  }

  #menu({ id }) {
    const set = (status) => el("button", { type: "button", class: "row", data: { status }, onclick: () => this.#set(id, status) }, presenceDot(status), el("span", {}, say(`set_${status}`)));
    return el("details", { class: "menu" }, el("summary", { class: "button quiet small bare" }, icon("dots", "small")), el("div", { class: "menu-sheet" }, set("free"), set("notReady"), el("hr"), set("offline"), page.may_end ? this.#force(id) : null));
  }

  /** Administrators alone: signed out everywhere, and no sign-in until restored. */
  #force(id) {
    const force = async () => {
      const agent = this.#chosen(id);
      if (!agent) return;
      const name = { name: agent.nickname };
      if (!(await ask({ title: say("force_title", name), text: say("force_text"), yes: say("force_yes"), isDangerous: true }))) return;
      await this.#try(() => this.desk.forceOffline(agent.userId), say("is_forced", name));
    };
    return el("button", { type: "button", class: "row ending", onclick: force }, icon("out", "small"), el("span", {}, say("force_yes")));
  }

  #chosen(id) {
    for (const menu of document.querySelectorAll(".agent-row details[open]")) menu.open = false;
    return this.board.agents.get(id);
  }

  async #try(act, done) {
    try {
      await act();
      this.toast(done);
    } catch (error) {
      this.toast(sayError(error));
    }
  }

  #fill(row, agent) {
    row.agent = agent;
    const { name, load, menu } = row.parts;
    write(name, agent.nickname);
    name.title = say("only_of", { name: agent.nickname });
    name.setAttribute("aria-pressed", String(this.filters.agent === agent.id));
    const dot = row.querySelector(".avatar > .presence");
    dot.className = presenceDot(agent.connected ? agent.status : "offline").className;
    this.#load(load, agent);
    menu.hidden = !agent.settable;
    menu.firstElementChild.setAttribute("aria-label", say("set_for", { name: agent.nickname }));
    menu.firstElementChild.title = say("set_for", { name: agent.nickname });
    for (const choice of menu.querySelectorAll(".row[data-status]")) choice.disabled = choice.dataset.status === agent.status || (choice.dataset.status !== "offline" && !agent.connected);
    tick(row);
  }

  #load(place, { load, limit }) {
    const words = `${load}/${limit}`;
    if (place.dataset.words === words) return;
    place.dataset.words = words;
    const blocks = limit <= MOST_BLOCKS ? Array.from({ length: Math.max(limit, load) }, (_block, at) => el("i", { class: at < load ? "on" : "" })) : [];
    place.replaceChildren(el("span", { class: load >= limit ? "load full" : "load", "aria-hidden": "true" }, ...blocks), el("span", { "aria-hidden": "true" }, words), el("span", { class: "unseen" }, say("load_of", { n: load, limit })));
    place.title = say("load_of", { n: load, limit });
  }

  async #set(id, status) {
    const agent = this.#chosen(id);
    if (!agent) return;
    const name = { name: agent.nickname };
    if (status === "offline" && agent.load > 0 && !(await ask({ title: say("offline_title", name), text: say("offline_text"), yes: say("set_offline"), isDangerous: true }))) return;
    await this.#try(() => this.desk.setAgentStatus(agent.userId, status), say("is_set", { ...name, status: say(status) }));
  }
}

/** State and time in it. */
function tick(row) {
  const { agent } = row;
  if (!agent) return;
  const reason = page.rest_names?.[agent.restReason] ?? agent.restReason;
  const state = agent.status === "rest" && reason ? say("rest_for", { reason }) : say(agent.status);
  const words = agent.connected || agent.status === "offline" ? state : say("desk_lost");
  const time = agent.since ? clockLabel(Math.max(0, now() - agent.since) / 1000) : "";
  write(row.parts.state, [words, agent.status === "offline" ? "" : time].filter(Boolean).join(" · "));
  row.parts.state.classList.toggle("lost", !agent.connected && agent.status !== "offline");
}
