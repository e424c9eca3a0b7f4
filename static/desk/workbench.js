// The one place that knows which session is chosen and what is about to happen to it.
import { now } from "./times.js";

/** An end can be undone for this long (D-2). */
export const UNDO_TIME = 5_000;

/**
 * Which session is chosen, which part a phone shows, and the ends that can still be undone.
 * Events: `chosen` (another session or none), `walked` (it was chosen by a letter), `again` (what is chosen already),
 * `view` (list, chat or side), `ending`, `insert` (text for the composer), `earlier` (whether there are messages before the session is
 * known), `drafts` (one was begun or has gone), `owes` (free was refused: summaries first).
 */
export class Workbench extends EventTarget {
  /** @param {import("../sdk/csdesk-desk.js").Desk} desk @param {HTMLElement} root */
  constructor(desk, root) {
    super();
    Object.assign(this, { desk, root, chosenId: "", view: "list", isWalking: false });
    /** @type {Map<string, {until: number, timer: number}>} */ this.endings = new Map();
    /** To whom the agent has handed a session on, by its id. @type {Map<string, string>} */ this.handedTo = new Map();
    /** Whether more of today's ended sessions can be loaded. */ this.hasMoreEnded = false;
    /** Sessions that the agent gives away right now: that they go needs no words. */ this.givenAway = new Set();
    /** What was ended in this window. */ this.endedHere = new Set();
    addEventListener("popstate", () => this.#follow());
    addEventListener("hashchange", () => this.#follow());
    addEventListener("pagehide", () => this.#endAll());
    for (const event of ["transfer", "sessionEnded", "autoTransfer"]) {
      desk.on(event, ({ session }) => {
        this.#forget(session);
        const left = desk.sessions.get(session);
        if (left) left.leftAt = now();
      });
    }
    desk.on("userAccessed", ({ session }) => this.handedTo.delete(session));
    desk.on("messages", ({ session }) => this.#heard(session));
  }

  /** @returns {import("../sdk/csdesk-desk.js").DeskSession|null} */
  get chosen() {
    return this.desk.sessions.get(this.chosenId) ?? null;
  }

  get isNarrow() {
    return matchMedia("(max-width: 640px)").matches;
  }

  /** Takes up what the address names, after a reload. */
  start() {
    this.#follow();
  }

  /** Chooses a session: only ever by an act of the agent. */
  choose(id, view = "chat") {
    const hash = id ? `#${view}/${id}` : "#list";
    if (location.hash === hash) return this.#say("again");
    // On a phone each step can be gone back; on a wide screen choosing is no step.
    if (this.isNarrow) history.pushState({ step: true }, "", hash);
    else history.replaceState(null, "", hash);
    this.#follow();
  }

  /** Shows another part of the same session. @param {"list"|"chat"|"side"} view */
  show(view) {
    const isBack = view === "list" || (view === "chat" && this.view === "side");
    if (isBack && this.isNarrow && history.state?.step) history.back();
    else this.choose(view === "list" && this.isNarrow ? "" : this.chosenId, view);
  }

  /** Does what may choose another session, and leaves the focus outside the box. @param {() => void} step */
  walk(step) {
    const before = this.chosenId;
    this.isWalking = true;
    step();
    this.isWalking = false;
    if (this.chosenId !== before) this.#say("walked");
  }

  #follow() {
    const [view, id = ""] = location.hash.slice(1).split("/");
    const known = ["chat", "side"].includes(view) ? view : "list";
    // Back to the list on a phone keeps the session chosen on a wide screen.
    const chosenId = known === "list" && !this.isNarrow ? this.chosenId : id;
    this.view = known;
    this.root.dataset.view = known;
    if (chosenId !== this.chosenId) {
      this.chosenId = chosenId;
      this.#say("chosen");
    }
    this.#say("view");
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Free was refused while these sessions want a summary. @param {string[]} sessions */
  owes(sessions) {
    this.#say("owes", { sessions });
  }

  /** Whether the customer was here before: only then are earlier messages offered. */
  setEarlier(session, hasEarlier) {
    if (!hasEarlier) session.before = null;
    session.hasEarlier = hasEarlier;
    this.#say("earlier", { session: session.id });
  }

  /** Puts a quick reply into the composer of the chosen session. @param {{id?: number, text: string}} reply */
  insert(reply) {
    this.#say("insert", reply);
  }

  /** The open sessions in the order of the list. */
  serving() {
    return [...this.desk.sessions.values()]
      .filter((session) => session.place === "serving" && session.summary)
      .sort((one, other) => startOf(one) - startOf(other) || one.id.localeCompare(other.id));
  }

  offered() {
    return [...this.desk.sessions.values()]
      .filter((session) => session.place === "offered" && session.summary)
      .sort((one, other) => (one.summary.offer_ends ?? 0) - (other.summary.offer_ends ?? 0));
  }

  over() {
    return this.#left().filter((session) => !isHandedOn(session));
  }

  /** Those that colleagues have now. */
  handedOn() {
    return this.#left().filter(isHandedOn);
  }

  #left() {
    return [...this.desk.sessions.values()]
      .filter((session) => session.place === "over" && session.served && session.summary)
      .sort((one, other) => endOf(other) - endOf(one));
  }

  /** The neighbour in the list (J and K); with nothing chosen, the one who waits longest. */
  step(by) {
    const rows = [...this.serving(), ...this.handedOn(), ...this.over()];
    const at = rows.findIndex((session) => session.id === this.chosenId);
    if (at < 0) return this.choose(this.#waitingLongest()?.id ?? rows[0]?.id ?? "");
    const next = rows[at + by];
    if (next) this.choose(next.id);
  }

  #waitingLongest() {
    const waiting = this.serving().filter((session) => session.summary.waiting_since);
    return waiting.sort((one, other) => one.summary.waiting_since - other.summary.waiting_since)[0];
  }

  /** The next session below the chosen one with words not read, from the top again at the end (U). */
  nextUnread() {
    const rows = this.serving();
    const at = rows.findIndex((session) => session.id === this.chosenId);
    const next = [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find((session) => session.summary.unread);
    if (next) this.choose(next.id);
  }

  /** A draft was begun or has gone: its row says so. */
  draftChanged(session) {
    this.#say("drafts", { session });
  }

  /** Ends a session after a time in which it can be undone. */
  endSoon(id) {
    const session = this.desk.sessions.get(id);
    if (this.endings.has(id) || session?.place !== "serving") return;
    const timer = setTimeout(() => this.#end(id), UNDO_TIME);
    this.endings.set(id, { until: now() + UNDO_TIME, timer, seq: session.seq, wrote: false });
    this.#say("ending", { session: id });
  }

  /** Ends it though the customer wrote meanwhile. */
  endNow(id) {
    this.#end(id);
  }

  /** Words of the customer that the agent could not know stop the count: the agent decides anew. */
  #heard(id) {
    const ending = this.endings.get(id);
    if (!ending || ending.wrote) return;
    const { messages } = this.desk.sessions.get(id);
    if (!messages.some(({ seq, from }) => seq > ending.seq && from.kind === "customer")) return;
    clearTimeout(ending.timer);
    ending.wrote = true;
    this.#say("ending", { session: id });
  }

  undoEnd(id) {
    this.#forget(id);
  }

  #forget(id) {
    const ending = this.endings.get(id);
    if (!ending) return;
    clearTimeout(ending.timer);
    this.endings.delete(id);
    this.#say("ending", { session: id });
  }

  async #end(id) {
    this.#forget(id);
    this.endedHere.add(id);
    try {
      await this.desk.end(id);
    } catch (error) {
      this.#say("trouble", error);
    }
  }

  /** Leaving the page takes no end back. */
  #endAll() {
    for (const [id, { wrote }] of [...this.endings]) if (!wrote) this.#end(id);
  }
}

/** Whether a colleague or the queue has it now, by somebody's hand. */
export function isHandedOn({ left, summary }) {
  return left?.op === "transfer" && !summary.ended;
}

export function startOf(session) {
  if (session.servedSince) return session.servedSince;
  return session.summary.assigned ?? session.summary.started ?? 0;
}

export function endOf(session) {
  return session.summary.ended ?? (session.leftAt || session.summary.last?.time) ?? session.summary.started ?? 0;
}
