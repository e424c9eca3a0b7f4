// One session watched live, read only: what is said, a note to who serves, taking over, handing on.
import { ask } from "../desk/ask.js";
import { ChatThread } from "../desk/chat-thread.js";
import { TransferDialog } from "../desk/transfer.js";
import { clockTime } from "../desk/times.js";
import { page, say, sayError } from "../desk/words.js";

/** Events: `change` (another session is watched, or none), and `chosen`, as the parts of the workbench know it. */
export class WatchPane extends EventTarget {
  /**
   * @param {import("./board.js").Board} board @param {import("../sdk/csdesk-desk.js").Desk} desk
   * @param {(text: string) => void} toast
   */
  constructor(board, desk, toast) {
    super();
    Object.assign(this, { board, desk, toast, id: "", told: "" });
    this.handedTo = new Map();
    this.givenAway = new Set();
    const at = (id) => document.getElementById(id);
    Object.assign(this, { pane: at("watch"), root: at("monitor"), banner: at("watch-told"), there: at("watch-there"), form: at("watch-note"), text: at("watch-text"), wrong: at("watch-wrong") });
    this.buttons = { takeOver: at("take-over"), reassign: at("reassign"), end: at("force-end") };
    const tell = (error, text) => toast(text);
    this.thread = new ChatThread(this, { tell, again: () => {} });
    this.transfer = new TransferDialog(this, tell);
    this.buttons.takeOver.addEventListener("click", () => this.#takeOver());
    this.buttons.reassign.addEventListener("click", () => this.transfer.open(this.chosen, this.#account()));
    this.buttons.end.addEventListener("click", () => this.#end());
    this.form.addEventListener("submit", (event) => this.#note(event));
    at("watch-close").addEventListener("click", (event) => this.#close(event));
    addEventListener("hashchange", () => this.follow());
    desk.on("session", ({ session }) => session === this.id && this.draw());
    desk.on("live", () => this.draw());
    desk.on("ready", () => this.id && !this.chosen?.watched && this.#watch());
    desk.on("unwatched", ({ session, code }) => session === this.id && this.#tell(code === "not_allowed" || code === "not_found" ? "watch_lost" : "watch_failed"));
  }

  // What the parts of the workbench ask of their bench.
  get chosenId() {
    return this.id;
  }

  get chosen() {
    const session = this.desk.sessions.get(this.id);
    return session?.summary ? session : null;
  }

  /** Watches what the address names. */
  follow() {
    const [part, id = ""] = location.hash.slice(1).split("/");
    const wanted = part === "watch" ? id : "";
    if (wanted === this.id) return;
    if (this.id) this.desk.unwatch(this.id).catch(() => {});
    this.id = wanted;
    this.told = "";
    this.text.value = "";
    this.wrong.hidden = true;
    this.pane.hidden = !wanted;
    this.root.dataset.watching = String(Boolean(wanted));
    this.dispatchEvent(new Event("chosen"));
    this.dispatchEvent(new Event("change"));
    if (wanted && this.desk.isReady) this.#watch();
  }

  async #watch() {
    const { id } = this;
    try {
      await this.desk.watch(id);
    } catch (error) {
      // Without a line it is watched as soon as there is one again.
      if (id === this.id && error.code !== "offline" && error.code !== "timeout") this.#tell(error.code === "not_found" ? "watch_over" : "watch_failed");
      return;
    }
    if (id !== this.id) return;
    this.dispatchEvent(new Event("chosen"));
    this.draw();
  }

  #tell(key) {
    this.told = key;
    this.draw();
  }

  draw() {
    if (!this.id) return;
    const summary = this.chosen?.summary ?? this.board.sessions.get(this.id);
    const line = this.board.sessions.get(this.id);
    const state = summary?.state ?? "";
    const isMine = summary && summary.agent === page.member && state !== "closed";
    const told = this.told || (state === "closed" ? "watch_over" : isMine ? "is_yours" : "");
    this.#head(summary, line);
    this.banner.hidden = !told;
    if (told) this.banner.querySelector("span").textContent = say(told);
    this.there.hidden = !isMine;
    this.there.href = `${page.desk_url}#chat/${this.id}`;
    const isWatched = Boolean(this.chosen?.watched) && !told && this.desk.isReady;
    const canHandOn = isWatched && state !== "flow";
    this.buttons.takeOver.disabled = !canHandOn;
    this.buttons.reassign.disabled = !canHandOn;
    this.buttons.end.disabled = !isWatched;
    this.buttons.end.hidden = !page.may_end;
    this.form.hidden = Boolean(told);
    const name = line?.agentName;
    const words = name ? say("note_for", { name }) : say("note_for_nobody");
    this.text.placeholder = words;
    document.getElementById("watch-note-label").textContent = words;
  }

  #head(summary, line) {
    document.getElementById("watch-name").textContent = summary?.customer.name ?? "";
    const facts = [
      line ? (line.agentName ? say("served_by", { name: line.agentName }) : say(`state_${line.state}`)) : "",
      summary?.group?.name ?? "",
      summary?.channel.name ?? "",
      summary ? say("since", { time: clockTime(summary.started) }) : "",
    ];
    const words = facts.filter(Boolean).join(" · ");
    const place = document.getElementById("watch-facts");
    if (place.textContent !== words) place.textContent = place.title = words;
  }

  #account() {
    return this.board.agents.get(this.chosen?.summary.agent)?.userId ?? "";
  }

  async #takeOver() {
    const { id } = this;
    const { summary } = this.chosen;
    // With whom one sees it now: who takes it meanwhile was first.
    const agent = summary.agent ?? null;
    const name = this.board.agents.get(agent)?.nickname ?? this.board.sessions.get(id)?.agentName;
    const question = agent
      ? { title: say("take_over_title", { name: name ?? "" }), text: say("take_over_text", { name: name ?? "" }) }
      : { title: say("take_over_queue", { name: summary.customer.name }), text: say("take_over_text_queue") };
    if (!(await ask({ ...question, yes: say("take_over_yes") }))) return;
    try {
      // Who only watched has no availability yet; nothing new comes to them.
      if (this.desk.status === "offline") await this.desk.setStatus("notReady");
      await this.desk.takeOver(id, agent);
      location.assign(`${page.desk_url}#chat/${id}`);
    } catch (error) {
      this.toast(sayError(error));
    }
  }

  async #end() {
    const { id } = this;
    const name = this.chosen.summary.customer.name;
    if (!(await ask({ title: say("end_title", { name }), text: say("end_text"), yes: say("end_yes"), isDangerous: true }))) return;
    try {
      await this.desk.forceEnd(id);
    } catch (error) {
      this.toast(sayError(error));
    }
  }

  async #note(event) {
    event.preventDefault();
    const { id } = this;
    const text = this.text.value.trim();
    if (!text || this.isSending) return;
    this.isSending = true;
    try {
      await this.desk.addNote(id, text);
      if (id === this.id) this.text.value = "";
      this.wrong.hidden = true;
      this.toast(say("note_left"));
    } catch (error) {
      this.wrong.hidden = false;
      this.wrong.lastElementChild.textContent = sayError(error);
    } finally {
      this.isSending = false;
    }
  }

  #close(event) {
    event.preventDefault();
    const { id } = this;
    history.pushState(null, "", location.pathname);
    this.follow();
    document.querySelector(`.monitor-row[data-session="${CSS.escape(id)}"] .row-open`)?.focus();
  }
}
