// The messages of the chosen session, with its notes, what is under way, and earlier sessions on scroll.
import { el, icon } from "../ui/dom.js";
import { Reading } from "../ui/reading.js";
import { Thread } from "../ui/thread.js";
import { clockTime, eachSecond, now } from "./times.js";
import { say, sayCount, sayError, threadWords } from "./words.js";
import { leftWords } from "./last-words.js";
import { isHandedOn } from "./workbench.js";

export class ChatThread {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { tell, again }) {
    Object.assign(this, { bench, tell, shownId: "", isLoading: false });
    /** Where one reads in the chats that are not shown, by session. */ this.places = new Map();
    this.#forget();
    const at = (id) => document.getElementById(id);
    Object.assign(this, { typing: at("typing"), more: at("thread-more"), closed: at("thread-over") });
    this.thread = new Thread(at("thread"), {
      side: "seat",
      scroll: at("messages"),
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
    this.reading = new Reading({
      scroll: at("messages"),
      thread: this.thread,
      pill: at("below"),
      label: (fresh) => (fresh ? sayCount("new_below", fresh) : say("to_end")),
      onTop: () => this.#older(),
      onEnd: () => this.#markRead(),
    });
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
    bench.desk.on("live", () => this.#outbox());
    bench.desk.on("ready", () => {
      this.#load();
      // What was read while the line was down is told now.
      this.#markRead();
    });
    document.addEventListener("visibilitychange", () => this.#markRead());
    addEventListener("focus", () => this.#markRead());
  }

  get session() {
    return this.bench.chosen;
  }

  #choose() {
    const before = this.bench.desk.sessions.get(this.shownId);
    if (before?.place) this.places.set(before.id, { at: this.reading.place, seq: before.seq });
    this.shownId = this.bench.chosenId;
    this.thread.clear();
    this.#forget();
    this.#all();
    this.#goBack();
    this.#state();
    this.#load();
  }

  /** What stands on the page, so that nothing is put there twice. */
  #forget() {
    Object.assign(this, { drawn: new Map(), shownNotes: new Set(), pendings: new Set(), recallable: new Map() });
  }

  /** In a chat that was read before one reads on where one was. */
  #goBack() {
    const { at, seq } = this.places.get(this.shownId) ?? {};
    const isNew = (message) => message.seq > seq && !this.#isMine(message);
    this.reading.restore(at ?? null, at ? this.session.messages.filter(isNew).length : 0);
  }

  #all() {
    if (!this.session) return;
    for (const message of this.session.earlier) this.#put(message);
    for (const message of this.session.messages) this.#put(message);
    this.#notes();
    this.#outbox();
    this.#read();
    this.#typing();
    this.#over();
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
    if (from.kind === "customer") return { ...from, id: customer.id, name: from.name || customer.name, visitor_no: from.name ? null : customer.visitor_no };
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
    return before !== null && hasEarlier;
  }

  #messages({ message, isHistory }) {
    if (isHistory || !this.session.loaded) return;
    const come = message ? [message] : this.session.messages;
    const isNew = (other) => this.thread.isNewest(other) && !this.#isMine(other);
    this.reading.keep(() => come.forEach((other) => this.#put(other)), { fresh: come.filter(isNew).length });
    this.#state();
    this.#notes();
    this.#read();
    this.#markRead();
  }

  #arrived({ message }) {
    if (this.#isMine(message)) this.reading.toEnd();
  }

  #isMine({ from }) {
    return from.kind === "agent" && String(from.id) === String(this.bench.desk.member?.id);
  }

  /** The customer's earlier sessions, page by page. */
  async #older() {
    const { session } = this;
    if (!session?.loaded || this.isLoading || session.before === null) return;
    await this.#history(session);
    if (session.id !== this.shownId) return;
    for (const message of session.earlier) this.#put(message);
    this.#state();
  }

  async #history(session) {
    if (!this.bench.desk.isReady) return;
    this.isLoading = true;
    this.#state("loading");
    try {
      await this.bench.desk.history(session.id);
      this.isLoading = false;
      this.#state();
    } catch {
      this.isLoading = false;
      this.#state("failed");
    }
  }

  #notes() {
    for (const note of this.session?.notes ?? []) {
      if (this.shownNotes.has(note.n)) continue;
      this.shownNotes.add(note.n);
      this.thread.beside(`note-${note.n}`, noteElement(note), { session: note.session, seq: note.after_seq, time: note.time });
    }
  }

  #outbox() {
    const mine = this.bench.desk.outbox.filter((pending) => pending.session === this.shownId);
    for (const pending of mine) {
      const isFailed = pending.state === "failed";
      const waits = pending.state === "sending" && !this.bench.desk.isReady;
      this.thread.pend({
        client_id: pending.clientId,
        message: pending.preview?.message ?? pending.message,
        preview: pending.preview?.address,
        time: pending.time,
        failed: isFailed,
        waits,
        reason: isFailed ? failedWords(pending) : waits ? say("waits_to_be_sent") : "",
      });
    }
    for (const clientId of this.pendings) if (!mine.some((pending) => pending.clientId === clientId)) this.thread.drop(clientId);
    const grew = mine.some((pending) => !this.pendings.has(pending.clientId));
    this.pendings = new Set(mine.map((pending) => pending.clientId));
    if (grew) this.reading.toEnd();
  }

  #read() {
    const { session } = this;
    if (!session) return;
    const seq = Math.max(session.customerRead, session.summary?.read?.customer ?? 0);
    this.thread.read(session.id, seq);
  }

  #markRead() {
    if (document.visibilityState === "visible" && document.hasFocus() && this.reading.atEnd) this.bench.desk.read(this.shownId);
  }

  #typing() {
    const typing = this.session?.typing;
    this.typing.hidden = !typing;
    if (typing) this.typing.lastElementChild.textContent = typing.preview ? say("typing_preview", { text: typing.preview }) : say("typing");
  }

  /** After a reload the chosen session may come with the list. */
  #listed() {
    this.#over();
    if (this.session?.summary && this.drawn.size === 0) this.#load();
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
    return this.#isMine(message) && message.message.type !== "recalled" && message.session === this.shownId && now() - message.time < limit;
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
    for (const [seq, message] of this.recallable) {
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
