// The messages of the chosen session, with its notes, what is under way, and earlier sessions on scroll.
import { el, icon } from "../ui/dom.js";
import { Thread } from "../ui/thread.js";
import { clockTime, eachSecond, now } from "./times.js";
import { say, sayCount, sayError, threadWords } from "./words.js";
import { leftWords } from "./session-list.js";
import { isHandedOn } from "./workbench.js";

/** So many messages stand on the page at first; older ones come as one scrolls to them, and go again at the end. */
const PAGE = 150;
const MOST = 600;
const NEAR_TOP = 600;
const AT_END = 60;

export class ChatThread {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { tell, again }) {
    Object.assign(this, { bench, tell, shownId: "", unseen: 0, from: 0, isLoading: false, shownNotes: new Set(), pendings: new Set() });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { scroller: at("messages"), below: at("below"), typing: at("typing"), more: at("thread-more"), closed: at("thread-over") });
    this.thread = new Thread(at("thread"), {
      side: "seat",
      words: threadWords,
      canRecall: (message) => this.#canRecall(message),
      on: {
        recall: (message) => this.#recall(message),
        again,
        retry: (clientId) => bench.desk.retry(clientId),
        cancel: (clientId) => bench.desk.discard(clientId),
        stale: () => this.#renew(),
      },
    });
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.below.addEventListener("click", () => this.toEnd());
    this.earlier = at("thread-earlier");
    this.earlier.addEventListener("click", () => this.#older());
    at("thread-retry").addEventListener("click", () => this.#load());
    this.#listen();
    eachSecond(() => this.#tick());
  }

  #listen() {
    const { bench } = this;
    const mine = (draw) => (event) => (event.session ?? this.shownId) === this.shownId && draw(event);
    bench.addEventListener("chosen", () => this.#choose());
    bench.addEventListener("earlier", ({ detail }) => mine(() => this.#state())(detail));
    bench.desk.on("messages", mine((event) => this.#messages(event)));
    bench.desk.on("arrived", mine((event) => this.#arrived(event)));
    bench.desk.on("notes", mine(() => this.#notes()));
    bench.desk.on("outbox", mine(() => this.#outbox()));
    bench.desk.on("read", mine(() => this.#read()));
    bench.desk.on("typing", mine(() => this.#typing()));
    bench.desk.on("session", mine(() => this.#read()));
    bench.desk.on("list", () => this.#listed());
    bench.desk.on("ready", () => this.#load());
    document.addEventListener("visibilitychange", () => this.#markRead());
    addEventListener("focus", () => this.#markRead());
  }

  get session() {
    return this.bench.chosen;
  }

  #choose() {
    this.shownId = this.bench.chosenId;
    this.#drawEnd();
    this.toEnd();
    this.#load();
  }

  /** Draws the newest messages afresh. */
  #drawEnd() {
    const { session } = this;
    this.thread.clear();
    this.shownNotes.clear();
    this.pendings.clear();
    this.recallable = new Map();
    this.drawn = new Map();
    this.#unseen(0);
    this.from = Math.max(0, (session?.messages.length ?? 0) - PAGE);
    this.earlierFrom = session?.earlier.length ?? 0;
    this.#all();
    this.#state();
  }

  #all() {
    if (!this.session) return;
    for (const message of this.session.messages.slice(this.from)) this.#put(message);
    this.#notes();
    this.#outbox();
    this.#read();
    this.#typing();
    this.#over();
    this.#markRead();
  }

  #put(message) {
    if (this.drawn.get(message.id) === message.rev) return;
    this.drawn.set(message.id, message.rev);
    this.thread.put({ ...message, from: this.#author(message.from) });
    if (this.#canRecall(message)) this.recallable.set(message.seq, message);
  }

  /** The author as the thread shows them: unnamed visitors have the session's name, colleagues are not "you". */
  #author(from) {
    const { customer } = this.session.summary;
    if (from.kind === "customer") return { ...from, id: customer.id, name: from.name || customer.name };
    return { ...from, other: from.kind === "agent" && String(from.id) !== String(this.bench.desk.member?.id) };
  }

  async #load() {
    const { session } = this;
    if (!session || session.loaded || !this.bench.desk.isReady) return this.#state();
    this.#state("loading");
    try {
      await this.bench.desk.open(session.id);
      this.#state();
    } catch (error) {
      if (error.code !== "offline") this.#state("failed");
    }
  }

  /** What stands above the messages: nothing, rows that load, or words with "retry". */
  #state(kind = "") {
    const isEmpty = !this.session?.messages.length;
    this.more.querySelector(".loading").hidden = !(kind === "loading" && isEmpty) && !this.isLoading;
    this.more.querySelector(".banner").hidden = kind !== "failed";
    this.earlier.hidden = kind !== "" || !this.session?.loaded || !this.#hasOlder;
  }

  get #hasOlder() {
    const { before, hasEarlier } = this.session;
    return this.from > 0 || this.earlierFrom > 0 || (before !== null && hasEarlier);
  }

  #messages({ message, isHistory }) {
    if (isHistory || !this.session.loaded) return;
    if (this.drawn.size === 0) this.from = Math.max(0, this.session.messages.length - PAGE);
    for (const other of message ? [message] : this.session.messages.slice(this.from)) this.#put(other);
    this.#state();
    this.#notes();
    this.#read();
    this.#markRead();
  }

  #arrived({ message }) {
    if (message.from.kind === "agent" && String(message.from.id) === String(this.bench.desk.member?.id)) this.toEnd();
    else if (this.isAtEnd) this.toEnd();
    else this.#unseen(this.unseen + 1);
  }

  // Reversed once, so that its end is at 0 and older messages come in without a shift.
  get isAtEnd() {
    return Math.abs(this.scroller.scrollTop) < AT_END;
  }

  toEnd() {
    if (this.drawn?.size > MOST) this.#drawEnd();
    this.scroller.scrollTop = 0;
    this.#unseen(0);
  }

  #unseen(count) {
    this.unseen = count;
    this.below.hidden = count === 0;
    if (count) this.below.firstElementChild.textContent = sayCount("new_below", count);
  }

  #scrolled() {
    if (this.isAtEnd) {
      this.#unseen(0);
      this.#markRead();
    }
    const above = this.scroller.scrollHeight - this.scroller.clientHeight - Math.abs(this.scroller.scrollTop);
    if (above < NEAR_TOP) this.#older();
  }

  /** Older messages: first those that are here, then the server's history. */
  async #older() {
    const { session } = this;
    if (!session?.loaded || this.isLoading) return;
    if (this.from > 0) {
      const to = this.from;
      this.from = Math.max(0, to - PAGE);
      for (const message of session.messages.slice(this.from, to)) this.#put(message);
      this.#notes();
      this.#state();
      return;
    }
    if (this.earlierFrom === 0 && session.before !== null) await this.#history(session);
    if (session.id !== this.shownId) return;
    const to = this.earlierFrom;
    this.earlierFrom = Math.max(0, to - PAGE);
    for (const message of session.earlier.slice(this.earlierFrom, to)) this.#put(message);
    this.#state();
  }

  async #history(session) {
    if (!this.bench.desk.isReady) return;
    this.isLoading = true;
    this.#state("loading");
    const had = session.earlier.length;
    try {
      await this.bench.desk.history(session.id);
      this.earlierFrom += session.earlier.length - had;
      this.isLoading = false;
      this.#state();
    } catch {
      this.isLoading = false;
      this.#state("failed");
    }
  }

  #notes() {
    const first = this.from > 0 ? this.session.messages[this.from].seq : 0;
    for (const note of this.session?.notes ?? []) {
      if (this.shownNotes.has(note.n) || note.after_seq < first) continue;
      this.shownNotes.add(note.n);
      this.thread.beside(`note-${note.n}`, noteElement(note), { session: note.session, seq: note.after_seq, time: note.time });
    }
  }

  #outbox() {
    const mine = this.bench.desk.outbox.filter((pending) => pending.session === this.shownId);
    for (const pending of mine) {
      const isFailed = pending.state === "failed";
      this.thread.pend({
        client_id: pending.clientId,
        message: pending.preview?.message ?? pending.message,
        preview: pending.preview?.address,
        time: pending.time,
        failed: isFailed,
        reason: isFailed ? failedWords(pending) : "",
      });
    }
    for (const clientId of this.pendings) if (!mine.some((pending) => pending.clientId === clientId)) this.thread.drop(clientId);
    const grew = mine.some((pending) => !this.pendings.has(pending.clientId));
    this.pendings = new Set(mine.map((pending) => pending.clientId));
    if (grew) this.toEnd();
  }

  #read() {
    const { session } = this;
    if (!session) return;
    const seq = Math.max(session.customerRead, session.summary?.read?.customer ?? 0);
    this.thread.read(session.id, seq);
  }

  #markRead() {
    if (document.visibilityState === "visible" && document.hasFocus() && this.isAtEnd) this.bench.desk.read(this.shownId);
  }

  #typing() {
    const typing = this.session?.typing;
    this.typing.hidden = !typing;
    if (typing) this.typing.lastElementChild.textContent = typing.preview ? say("typing_preview", { text: typing.preview }) : say("typing");
  }

  /** After a reload the chosen session may come with the list. */
  #listed() {
    this.#over();
    if (this.session?.summary && this.drawn?.size === 0) this.#load();
  }

  #over() {
    const { session } = this;
    // An end stands among the messages already, and how it ended in the head.
    const isLeft = session?.place === "over" && session.summary && (isHandedOn(session) || !session.summary.ended);
    this.closed.hidden = !isLeft;
    if (isLeft) this.closed.textContent = leftWords(session, this.bench.handedTo.get(session.id));
  }

  #canRecall(message) {
    const { desk } = this.bench;
    const limit = (desk.limits.recall ?? 0) * 1000;
    const isMine = message.from.kind === "agent" && String(message.from.id) === String(desk.member?.id);
    return isMine && message.message.type !== "recalled" && message.session === this.shownId && now() - message.time < limit;
  }

  async #recall(message) {
    try {
      await this.bench.desk.recall(message.id);
    } catch (error) {
      this.tell(error, sayError(error));
    }
  }

  /** Once a second: what can no longer be taken back loses its button. */
  #tick() {
    let isOver = false;
    for (const [seq, message] of this.recallable ?? []) {
      if (this.#canRecall(message)) continue;
      this.recallable.delete(seq);
      isOver = true;
    }
    if (isOver) this.thread.refresh();
  }

  /** Addresses of files live an hour: the messages are read anew. */
  async #renew() {
    const { session } = this;
    if (!session || Date.now() - (this.renewed ?? 0) < 60_000) return;
    this.renewed = Date.now();
    this.drawn.clear();
    session.rev = 0;
    session.loaded = false;
    await this.#load();
  }
}

function failedWords(pending) {
  const words = pending.code === "timeout" ? say("no_answer") : sayError(pending);
  return pending.message.type === "custom" ? say("card_not_sent", { why: words }) : words;
}

/** An internal note as it stands among the messages. */
export function noteElement(note) {
  return el(
    "aside",
    { class: "internal", "aria-label": say("internal_note") },
    icon("note"),
    el("header", {}, el("strong", { dir: "auto" }, note.from.name), " ", say("note_hidden"), " ", el("time", {}, clockTime(note.time))),
    el("p", { dir: "auto" }, note.text),
  );
}
