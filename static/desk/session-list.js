// The left column below the offers: served, handed-on and ended sessions.
import { draftKey, kept } from "./keeping.js";
import { follow, write } from "./keyed.js";
import { lastWords, overWords } from "./last-words.js";
import { RowKeys } from "./row-keys.js";
import { SessionRow } from "./session-row.js";
import { soon } from "./soon.js";
import { Steady } from "./steady.js";
import { ago, eachSecond, now, shortTime } from "./times.js";
import { say } from "./words.js";
import { endOf } from "./workbench.js";

/** Rows keep their order and their element; of hundreds only those are looked at of which something was heard. */
export class SessionList {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    this.bench = bench;
    const at = (id) => document.getElementById(id);
    this.lists = { serving: at("serving"), handed: at("handed"), over: at("over") };
    this.counts = { serving: at("serving-count"), handed: at("handed-count"), over: at("over-count") };
    this.steady = new Steady(at("rows"), ".queue-row, .list-title");
    /** Rows to be looked at again; null means all of them. @type {Set<string>|null} */ this.stale = null;
    /** @type {Map<string, SessionRow>} */ this.rows = new Map();
    this.keys = new RowKeys(bench, at("rows"));
    this.draw = soon(() => this.#drawStale() || this.steady.hold(() => this.#draw()));
    this.#listen();
    this.#all();
  }

  #listen() {
    const { bench } = this;
    for (const list of Object.values(this.lists)) list.addEventListener("click", (event) => this.#click(event));
    for (const event of ["list", "ready"]) bench.desk.on(event, () => this.#all());
    for (const event of ["session", "typing", "arrived", "outbox"]) bench.desk.on(event, ({ session }) => this.#one(session));
    bench.addEventListener("drafts", ({ detail }) => this.#one(detail.session));
    bench.addEventListener("chosen", () => {
      this.#one(this.chosenId);
      this.#one((this.chosenId = bench.chosenId));
    });
    eachSecond(() => this.#tick());
  }

  #all() {
    this.stale = null;
    this.draw();
  }

  #one(id) {
    if (!id) return this.#all();
    this.stale?.add(id);
    this.draw();
  }

  #click(event) {
    const row = event.target.closest("a.queue-row");
    if (!row || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.bench.choose(row.dataset.session);
  }

  #draw() {
    const shown = { serving: this.bench.serving(), handed: this.bench.handedOn(), over: this.bench.over() };
    const how = {
      key: (session) => session.id,
      make: (session) => new SessionRow(session.id).element,
      fill: (element, session) => this.#fill(element.row, session),
    };
    for (const [name, sessions] of Object.entries(shown)) {
      follow(this.lists[name], sessions, how);
      write(this.counts[name], name === "over" && this.bench.hasMoreEnded ? `${sessions.length}+` : sessions.length);
    }
    this.lists.handed.parentElement.hidden = shown.handed.length === 0;
    this.#empty(shown.serving.length === 0 && this.bench.offered().length === 0);
    this.stale = new Set();
    this.keys.settle();
    this.rows = new Map(Object.values(this.lists).flatMap((list) => [...list.children].map(({ row }) => [row.id, row])));
  }

  /** While messages come in, the rows they belong to are all that changes. Answers whether that was enough. */
  #drawStale() {
    const { sessions } = this.bench.desk;
    const stale = [...(this.stale ?? [])].map((id) => sessions.get(id));
    const stays = (session) => session?.place === "serving" && this.rows.get(session.id)?.shown.place === "serving";
    if (!this.stale || !stale.every(stays)) return false;
    for (const session of stale) this.rows.get(session.id).fill(this.#facts(session));
    this.stale = new Set();
    return true;
  }

  #fill(row, session) {
    const isKnown = row.shown.place === session.place;
    if (isKnown && this.stale && !this.stale.has(session.id)) return;
    row.shown.place = session.place;
    row.fill(this.#facts(session));
  }

  // The running clocks of those that are served; the rest stands still.
  #tick() {
    for (const { row } of this.lists.serving.children) {
      const session = this.bench.desk.sessions.get(row.element.dataset.session);
      if (session?.summary) row.tick(this.#clock(session));
    }
  }

  #empty(isEmpty) {
    const notice = document.getElementById("serving-empty");
    const { desk } = this.bench;
    notice.hidden = !isEmpty || !desk.isReady || desk.status === "offline";
    write(notice, desk.status === "free" ? say("nobody_yet") : say("nobody_while_away"));
  }

  #facts(session) {
    const { summary, id } = session;
    const isChosen = id === this.bench.chosenId;
    const isOver = session.place === "over";
    return {
      id,
      customer: summary.customer,
      kind: summary.channel.kind,
      last: this.#last(session),
      unread: isOver ? 0 : summary.unread,
      online: summary.customer.online,
      held: summary.held && !isOver,
      failed: this.bench.desk.outbox.some((one) => one.session === id && one.state === "failed"),
      draft: !isChosen && Boolean(kept(draftKey(id))),
      isChosen,
      isOver,
      ...this.#clock(session),
    };
  }

  #clock(session) {
    const { summary } = session;
    if (session.place === "over") return { waited: null, when: shortTime(endOf(session)) };
    if (summary.waiting_since && !summary.held) return { waited: Math.max(0, now() - summary.waiting_since), when: "" };
    return { waited: null, when: ago(summary.last?.time ?? summary.assigned ?? summary.started) };
  }

  #last(session) {
    const { desk, handedTo } = this.bench;
    if (session.place === "over") return overWords(session, desk.member, handedTo.get(session.id));
    return session.typing ? say("typing_short") : lastWords(session, desk.member);
  }
}
