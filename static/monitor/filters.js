// Which sessions are shown: by words, state, group, and one agent chosen in their list.
import { REPLY_TARGET } from "../desk/signs.js";
import { now } from "../desk/times.js";
import { say } from "../desk/words.js";
import { el } from "../ui/dom.js";
import { waitsSince } from "./board.js";

/** Event: `change`. */
export class Filters extends EventTarget {
  /** @param {import("./board.js").Board} board @param {{id: number, name: string}[]} groups */
  constructor(board, groups) {
    super();
    Object.assign(this, { board, text: "", state: "", group: "", agent: null });
    const at = (id) => document.getElementById(id);
    this.agentButton = at("filter-agent");
    at("filter-text").addEventListener("input", ({ target }) => this.#set({ text: target.value.trim().toLocaleLowerCase() }));
    this.states = [...at("filters").querySelectorAll("[data-state]")];
    for (const button of this.states) button.addEventListener("click", () => this.#set({ state: button.dataset.state }));
    const select = at("filter-group");
    select.append(el("option", { value: "" }, say("all_groups")), ...groups.map(({ id, name }) => el("option", { value: id }, name)));
    select.parentElement.hidden = groups.length < 2;
    select.addEventListener("change", () => this.#set({ group: select.value }));
    this.agentButton.addEventListener("click", () => this.toggleAgent(this.agent));
  }

  /** Shows the sessions of one agent only, or of all again. @param {number} id */
  toggleAgent(id) {
    this.#set({ agent: this.agent === id ? null : id });
  }

  #set(values) {
    Object.assign(this, values);
    for (const button of this.states) button.setAttribute("aria-pressed", String(button.dataset.state === this.state));
    const agent = this.board.agents.get(this.agent);
    this.agentButton.hidden = !agent;
    if (agent) this.agentButton.querySelector("b").textContent = agent.nickname;
    this.dispatchEvent(new Event("change"));
  }

  get isSet() {
    return Boolean(this.text || this.state || this.group || this.agent !== null);
  }

  /** @param {import("./board.js").SessionLine} line */
  fits(line) {
    if (this.agent !== null && line.agent !== this.agent) return false;
    if (this.group && String(line.group?.id ?? "") !== this.group) return false;
    if (this.text && !`${line.customer.name}\n${line.agentName}`.toLocaleLowerCase().includes(this.text)) return false;
    if (this.state === "late") return now() - (waitsSince(line) ?? Infinity) >= REPLY_TARGET;
    if (this.state === "queued") return line.state !== "serving";
    return !this.state || line.state === this.state;
  }

  /** @param {import("./board.js").AgentRow} agent */
  fitsAgent(agent) {
    return !this.group || agent.groups.map(String).includes(this.group);
  }
}
