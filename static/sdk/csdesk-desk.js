/**
 * csdesk desk library: the whole protocol of the agent's workbench (`/ws/desk/`) and nothing on the screen.
 *
 *     import { Desk } from "https://HOST/static/sdk/csdesk-desk.js";
 *     const desk = new Desk({ csrfToken });
 *     desk.on("callIn", ({ session }) => desk.accept(session));
 *     desk.connect();
 *
 * It connects and reconnects, keeps the state in one place (`desk.sessions`, `desk.queues`, `desk.status` …),
 * heals gaps, resends what was not acknowledged, and tells what changed by events. Times are in ms.
 *
 * Events: `live`, `ready`, `status`, `queues`, `list` (a session came, went or changed place), `session`
 * (a summary changed), `messages` and `notes` (of one session), `arrived` (one new message), `outbox`, `typing`, `read`,
 * `owed` (which ended sessions want a summary),
 * for supervisors `monitor` (what has changed in it) and `unwatched` (a session may not be watched any more),
 * `callIn`, `userAccessed`, `autoTransfer`, `transfer`, `sessionEnded`, `kicked`, `signedOut`, `refused`, `error`.
 *
 * @typedef {{kind: "customer"|"agent"|"bot"|"system", id?: string, name: string, avatar: string}} From
 * @typedef {{id: string, session: string, seq: number, rev: number, time: number, client_id?: string,
 *   from: From, message: {type: string, text?: string, file?: object, data?: object}}} Message
 * @typedef {{session: string, n: number, after_seq: number, from: From, text: string, time: number}} Note
 * @typedef {{id: string, name: string, waiting: number, oldest: number|null}} Queue
 * @typedef {{session: string, state: "flow"|"queued"|"offered"|"serving"|"closed",
 *   customer: {id: string, name: string, visitor_no: number|null, avatar: string, online: boolean},
 *   channel: {name: string, kind: string}, group: object|null, started: number, assigned: number|null,
 *   offer_ends?: number, waiting_since?: number, held: boolean, unread: number, seq: number, rev: number,
 *   agent?: number, ended?: number|null, status?: string, served_since?: number|null, handed_by?: {name: string, note: string}|null, handed?: {to: string, at: number}, read?: {customer: number, agent: number}, note: number,
 *   last: {text: string, time: number, kind: string, from: string, by?: string}|null}} Summary
 * @typedef {{clientId: string, session: string, message: object, time: number, code: string, detail: string,
 *   state: "sending"|"sent"|"failed", seq: number}} Pending
 */

const HEAL_WAIT = 300;
const PING_EVERY = 20_000;
const PONG_WAIT = 10_000;
const ANSWER_WAIT = 10_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 20_000;
const TYPING_EVERY = 3_000;
const TYPING_SHOWN = 6_000;
const READ_EVERY = 1_000;
const HISTORY_PAGE = 50;
const MARKS = /(^|\n)\s{0,3}(#{1,6}|>|[-*+]|```\w*)(?=\s|$)|\*\*|`/g;
const LINKS = /!?\[([^\[\]\n]{0,500})\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)/g; // of which their words are told
const OUTBOX_KEY = "csdesk-desk-outbox";

/** A refused or unanswered command: `code` as in the protocol, else `offline`, `timeout`. */
export class DeskError extends Error {
  /** @param {string} code @param {string} [detail] @param {object} [extra] the frame's other fields */
  constructor(code, detail = "", extra = {}) {
    super(detail || code);
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }
}

/** One session as the desk knows it: its summary, its messages by `seq`, its notes, and how far they are complete. */
export class DeskSession {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    /** @type {Summary|null} */ this.summary = null;
    /** @type {"offered"|"serving"|"watched"|"over"|""} */ this.place = "";
    /** Whether a supervisor follows it, while a colleague or nobody has it. */ this.watched = false;
    /** How it left the open list: the event's frame, or null. */ this.left = null;
    this.leftAt = 0;
    /** Whether it was ever served here: an offer that was missed is none of mine. */ this.served = false;
    /** Since when it is served here, where that is before it was assigned: it was handed on and came back. */
    this.servedSince = null;
    /** Who handed it on, while it is offered: `{name, note}`. */ this.handedBy = null;
    /** @type {Message[]} */ this.messages = [];
    /** @type {Note[]} */ this.notes = [];
    /** @type {Message[]} messages of the customer's earlier sessions */ this.earlier = [];
    /** Where the next page of history begins; null when there is no more. */ this.before = undefined;
    this.loaded = false;
    this.failed = null;
    this.syncing = false;
    this.rev = 0;
    this.note = 0;
    this.known = 0;
    this.knownNote = 0;
    this.customerRead = 0;
    this.givenAt = null;
    this.typing = null;
    this.ahead = new Set();
    this.healing = 0;
  }

  get isOpen() {
    return this.place === "offered" || this.place === "serving";
  }

  /** The newest `seq` of an unbroken row. */
  get seq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** True while something is known to be missing. */
  get isBehind() {
    return (this.isOpen || this.place === "watched") && (!this.loaded || this.rev < this.known || this.note < this.knownNote);
  }

  /** How many messages are known to be missing. */
  get missing() {
    return Math.max(0, (this.summary?.seq ?? 0) - this.messages.length);
  }

  /** Puts a message in its place; an older copy of a changed one is left out. Answers whether it is new. */
  merge(message) {
    const at = place(this.messages, (other) => other.seq < message.seq);
    const known = this.messages[at];
    if (known?.seq !== message.seq) this.messages.splice(at, 0, message);
    else if (message.rev >= known.rev) this.messages[at] = message;
    return known?.seq !== message.seq;
  }

  mergeEarlier(message) {
    const before = (other) =>
      other.session < message.session || (other.session === message.session && other.seq < message.seq);
    const at = place(this.earlier, before);
    if (this.earlier[at]?.id === message.id) this.earlier[at] = message;
    else this.earlier.splice(at, 0, message);
  }

  mergeNote(note) {
    const at = place(this.notes, (other) => other.n < note.n);
    const isNew = this.notes[at]?.n !== note.n;
    if (isNew) this.notes.splice(at, 0, note);
    this.knownNote = Math.max(this.knownNote, note.n);
    while (this.notes.some((other) => other.n === this.note + 1)) this.note += 1;
    return isNew;
  }

  /** A frame with this `rev` came: the number moves only without a hole. */
  took(rev) {
    if (!(rev > this.rev)) return;
    this.known = Math.max(this.known, rev);
    this.ahead.add(rev);
    this.#close();
  }

  /** A page of a sync ended here. */
  settle(rev) {
    this.rev = Math.max(this.rev, rev);
    this.known = Math.max(this.known, rev);
    this.#close();
  }

  #close() {
    while (this.ahead.delete(this.rev + 1)) this.rev += 1;
    for (const rev of this.ahead) if (rev <= this.rev) this.ahead.delete(rev);
  }

  /** @param {Summary} summary @param {string} me the member's id */
  update(summary, me) {
    const isOpen = summary.state === "offered" || summary.state === "serving";
    const isMine = summary.agent === undefined || String(summary.agent) === me;
    // Somebody else has it now: what was mine stays as it was.
    if (this.summary && isOpen && !isMine && !this.watched) return this.leave(null);
    // What is looked up every few seconds may be older than what was told meanwhile.
    if (this.watched && (summary.rev ?? 0) < (this.summary?.rev ?? 0)) return;
    this.summary = { ...this.summary, ...summary, customer: { ...this.summary?.customer, ...summary.customer }, last: this.#last(summary.last) };
    if (summary.handed_by !== undefined) this.handedBy = summary.handed_by;
    if (summary.served_since) this.servedSince = summary.served_since;
    this.knownNote = Math.max(this.knownNote, summary.note ?? 0);
    const rev = summary.rev ?? 0;
    // The summary counts as seen only with the message it may speak of.
    if (this.loaded && (summary.seq ?? 0) <= this.seq) this.took(rev);
    else this.known = Math.max(this.known, rev);
    if (summary.state === "serving") this.served = true;
    if (isOpen && isMine) Object.assign(this, { place: summary.state, left: null, leftAt: 0, watched: false });
    else if (this.watched && summary.state !== "closed") Object.assign(this, { place: "watched", left: null, leftAt: 0 });
    else if (summary.state) this.leave(null);
    if (summary.state === "closed") this.watched = false;
  }

  /** The last words; who said them stays known though a summary does not say it. */
  #last(last = this.summary?.last) {
    const known = this.summary?.last;
    return last && last.time === known?.time ? { by: known.by, seq: known.seq, ...last } : last;
  }

  /**
   * A message says what has become of the summary too: last words, unread, since when the customer waits.
   * @param {Message} message
   */
  heard(message) {
    const { summary } = this;
    if (!summary) return;
    const { seq, time, from, message: content } = message;
    const isNewest = seq > (summary.seq ?? 0);
    const isLast = seq === summary.last?.seq && content.type === "recalled";
    if (!isNewest && !isLast) return;
    summary.seq = Math.max(seq, summary.seq ?? 0);
    if (from.kind === "system") return;
    summary.last = { text: wordsOf(content), time, kind: content.type, from: from.kind, by: from.id && String(from.id), seq };
    if (isLast) return;
    if (from.kind === "customer") {
      summary.unread = (summary.unread ?? 0) + 1;
      summary.waiting_since ||= time;
    } else if (from.kind === "agent") {
      Object.assign(summary, { waiting_since: null, held: false });
    }
  }

  leave(frame) {
    if (frame?.op === "transfer") this.givenAt = this.servedSince ?? this.summary?.assigned ?? null;
    this.left = frame ?? this.left;
    this.leftAt ||= Date.now();
    this.place = "over";
  }
}

/** The words of a message on one line. @param {object} content */
function wordsOf(content) {
  const card = content.data?.content;
  const rich = typeof card === "string" ? card.replace(MARKS, "").replace(LINKS, "$1") : null;
  const words = rich ?? content.text ?? content.file?.name ?? card?.header ?? card?.name ?? card?.title ?? "";
  return String(words).replace(/\s+/g, " ").slice(0, 200);
}

/** Index of the first entry for which `isBefore` no longer holds; new entries mostly belong to the end. */
function place(list, isBefore) {
  let at = list.length;
  while (at > 0 && !isBefore(list[at - 1])) at -= 1;
  return at;
}

/** The socket: opens, comes back with growing, jittered waits, notices silence. */
class Wire {
  constructor(address, { onOpen, onFrame, onDown }) {
    Object.assign(this, { address, onOpen, onFrame, onDown });
    this.socket = null;
    this.wanted = false;
    this.wait = 0;
    this.retryAfter = 0;
    /** When the server was last heard of. */ this.heardAt = 0;
    this.timers = { retry: 0, ping: 0, pong: 0 };
    addEventListener("online", () => this.#hurry());
    // A dead connection would otherwise be noticed only by its silence.
    addEventListener("offline", () => this.drop());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
  }

  open() {
    this.wanted = true;
    if (this.socket) return;
    clearTimeout(this.timers.retry);
    this.timers.retry = 0;
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.onopen = () => this.onOpen();
    socket.onmessage = (event) => socket === this.socket && this.#heard(event.data);
    socket.onclose = (event) => socket === this.socket && this.#down(event.code);
  }

  close() {
    this.wanted = false;
    clearTimeout(this.timers.retry);
    this.socket?.close(1000);
  }

  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    clearTimeout(this.timers.ping);
    this.timers.ping = setTimeout(() => this.#ping(), PING_EVERY);
    return true;
  }

  /** The connection is good: the next break starts with a short wait again. */
  calm() {
    this.wait = 0;
  }

  #ping() {
    this.send({ op: "ping" });
    clearTimeout(this.timers.pong);
    this.timers.pong = setTimeout(() => this.drop(), PONG_WAIT);
  }

  #heard(text) {
    clearTimeout(this.timers.pong);
    this.heardAt = Date.now();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame.op === "bye" && frame.retry_ms) this.retryAfter = frame.retry_ms;
    this.onFrame(frame);
  }

  /** Gives a connection up that seems dead; a new one is tried. */
  drop() {
    const socket = this.socket;
    if (!socket) return;
    socket.onclose = null;
    socket.close();
    this.#down(0);
  }

  #down(code) {
    this.socket = null;
    clearTimeout(this.timers.ping);
    clearTimeout(this.timers.pong);
    this.onDown(code);
    if (!this.wanted) return;
    this.wait = Math.min(LONGEST_RETRY, this.wait ? this.wait * 1.8 : FIRST_RETRY);
    const wait = this.retryAfter || this.wait * (0.5 + Math.random() / 2);
    this.retryAfter = 0;
    this.timers.retry = setTimeout(() => this.open(), wait);
  }

  #hurry() {
    if (this.wanted && this.timers.retry && !this.socket) this.open();
  }
}

/** The agent's desk. */
export class Desk {
  #wire;
  #listeners = new Map();
  #answers = new Map();
  #names = 0;
  #typed = new Map();
  #history = null;
  #sendTimers = new Map();
  #reads = new Map();

  /**
   * @param {{socket?: string, upload?: string, csrfToken?: string, token?: string, storage?: Storage, quiet?: boolean,
   *   visitorName?: (number: number) => string}} [options] `token` is the credential of X-8; without it the session
   *   cookie of our own origin counts. `quiet`: only looks, and makes nobody available. `visitorName` names visitors without a name in the reader's language.
   */
  constructor(options = {}) {
    const { socket = "/ws/desk/", upload = "/api/desk/upload", csrfToken = "", token = "", storage = null, quiet = false, visitorName = null } = options;
    this.options = { upload, csrfToken, token, storage, quiet, visitorName };
    const address = new URL(socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.#wire = new Wire(address.href, {
      onOpen: () => this.#hello(),
      onFrame: (frame) => this.#take(frame),
      onDown: (code) => this.#down(code),
    });
    /** @type {Map<string, DeskSession>} */ this.sessions = new Map();
    /** @type {Queue[]} */ this.queues = [];
    /** Ended sessions whose summary the member owes, oldest first. @type {Set<string>} */ this.owed = new Set();
    /** @type {Pending[]} */ this.outbox = [];
    this.member = null;
    this.status = "offline";
    this.restReason = "";
    this.limits = {};
    this.isReady = false;
    /** @type {"offline"|"catching"|"live"} */ this.live = "offline";
    /** What ended the connection for good, or null: `{reason}` of `kicked`. */ this.kicked = null;
  }

  connect() {
    this.kicked = null;
    this.#wire.open();
  }

  disconnect() {
    this.#wire.close();
  }

  /** Calls `callback` at each event; answers a function that stops it. */
  on(event, callback) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(callback);
    return () => this.off(event, callback);
  }

  off(event, callback) {
    this.#listeners.get(event)?.delete(callback);
  }

  #emit(event, detail = {}) {
    for (const callback of this.#listeners.get(event) ?? []) callback(detail);
  }

  // ---------- what an agent does ----------

  /** @param {"free"|"notReady"|"rest"|"offline"} status */
  setStatus(status, { restReason, handOver } = {}) {
    return this.command("set_status", { status, restReason, hand_over: handOver || undefined });
  }

  accept(session) {
    return this.command("accept", { session });
  }

  decline(session) {
    return this.command("decline", { session });
  }

  end(session) {
    return this.command("end", { session });
  }

  hold(session) {
    return this.command("hold", { session });
  }

  inviteRating(session) {
    return this.command("invite_rating", { session });
  }

  take(session) {
    return this.command("take", { session });
  }

  /**
   * A supervisor takes a session over. @param {string} session
   * @param {number|null} [agent] with whom it was seen: who comes second is told who was first
   */
  takeOver(session, agent) {
    return this.command("take_over", { session, agent });
  }

  /** A supervisor follows a session live: its summary, messages and notes come until `unwatch`. */
  async watch(id) {
    const session = this.#session(id);
    session.watched = true;
    try {
      await this.command("watch", { session: id });
    } catch (error) {
      if (error.code !== "offline" && error.code !== "timeout") session.watched = false;
      throw error;
    }
    await this.#sync(session);
  }

  async unwatch(id) {
    const session = this.#session(id);
    session.watched = false;
    if (session.place === "watched") session.place = "";
    if (this.isReady) await this.command("unwatch", { session: id });
  }

  /** The agents and running sessions of a supervisor's groups; what changes in them follows as `monitor`. */
  monitor() {
    return this.command("monitor");
  }

  /** @param {string} userId account or e-mail @param {"free"|"notReady"|"offline"} status */
  setAgentStatus(userId, status) {
    return this.command("set_agent_status", { userId, status });
  }

  /** An administrator signs an agent out everywhere until they are restored. @param {string} userId account or e-mail */
  forceOffline(userId) {
    return this.command("force_offline", { userId });
  }

  /** An administrator ends any open session. */
  forceEnd(session) {
    return this.command("force_end", { session });
  }

  /**
   * @param {{skillGroupId?: string, userId?: string, note?: string, agent?: number|null}} target `userId` is an account
   *   or e-mail; `agent`: with whom a supervisor saw a session of somebody else
   */
  transfer(session, target) {
    return this.command("transfer", { session, ...target });
  }

  /** @returns {Promise<{agents: object[], groups: object[]}>} */
  colleagues(query = "") {
    return this.command("colleagues", { query: query || undefined });
  }

  addNote(session, text) {
    return this.command("note", { session, text });
  }

  /**
   * Sums a session up. `tags` are all it has from now on; without them they stay.
   * @param {{category?: number|null, resolved?: boolean|null, remark?: string, tags?: number[]}} summary
   */
  async wrapUp(session, summary) {
    const result = await this.command("wrap_up", { session, ...summary });
    this.#owes(result.owed);
    return result;
  }

  /** Takes an own message back. @param {string} message its id */
  async recall(message) {
    const result = await this.command("recall", { message });
    const session = this.sessions.get(message.split(".")[0]);
    // What is no longer mine sends no news of itself.
    if (session?.loaded && !session.isOpen) await this.#sync(session).catch(() => {});
    return result;
  }

  /**
   * Sends a command and waits for its result.
   * @param {string} op @param {object} [fields] @returns {Promise<object>} the result frame; rejects with a DeskError
   */
  command(op, fields = {}, { settledBy = "result" } = {}) {
    const id = `c${(this.#names += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#answer(id, new DeskError("timeout")), ANSWER_WAIT);
      this.#answers.set(id, { resolve, reject, timer, settledBy, session: fields.session });
      const isSent = this.isReady && this.#wire.send({ op, id, ...fields });
      if (!isSent) this.#answer(id, new DeskError("offline"));
    });
  }

  #answer(id, result) {
    const answer = this.#answers.get(id);
    if (!answer) return;
    this.#answers.delete(id);
    clearTimeout(answer.timer);
    if (result instanceof Error) answer.reject(result);
    else answer.resolve(result);
  }

  /** Says that the agent is typing; not more often than needed. */
  typing(session) {
    const now = Date.now();
    if (!this.isReady || now - (this.#typed.get(session) ?? 0) < TYPING_EVERY) return;
    this.#typed.set(session, now);
    this.#wire.send({ op: "typing", session });
  }

  /** Says up to where the agent has read. */
  read(id) {
    const session = this.sessions.get(id);
    if (!session?.summary || session.place !== "serving" || !session.summary.unread) return;
    if (!this.isReady || !session.seq) return;
    session.summary.unread = 0;
    this.#markRead(session);
    this.#emit("session", { session: id });
  }

  /** The first mark goes at once; while messages pour in, the newest of each second does for all. */
  #markRead(session) {
    const { id } = session;
    const mark = this.#reads.get(id) ?? { sent: 0, timer: 0 };
    this.#reads.set(id, mark);
    if (mark.timer) return;
    if (session.seq > mark.sent && this.isReady) {
      this.#wire.send({ op: "read", session: id, seq: session.seq });
      mark.sent = session.seq;
    }
    mark.timer = setTimeout(() => {
      mark.timer = 0;
      // What came meanwhile and is still unread here has not been seen.
      if (session.place === "serving" && session.seq > mark.sent && !session.summary.unread) this.#markRead(session);
    }, READ_EVERY);
  }

  /** Loads a session's messages, if they are not there yet (an ended one is not kept up to date by itself). */
  async open(id) {
    const session = this.#session(id);
    if (session.loaded || session.syncing) return;
    await this.#sync(session);
  }

  /** Loads the page of the customer's messages before the oldest one shown. Answers whether there may be more. */
  async history(id) {
    const session = this.#session(id);
    if (session.before === null) return false;
    while (this.#history) await this.#history.done;
    const before = session.before ?? session.earlier[0]?.id ?? session.messages[0]?.id;
    const done = this.command("history", { session: id, before, limit: HISTORY_PAGE }, { settledBy: "history_end" });
    this.#history = { session, done: done.catch(() => {}) };
    try {
      const end = await done;
      session.before = end.before ?? null;
    } finally {
      this.#history = null;
      this.#emit("messages", { session: id, isHistory: true });
    }
    return session.before !== null;
  }

  /**
   * Sends a message; it stays in `outbox` until it comes back with its number.
   * @param {string} session @param {object} message as in the protocol @param {object} [preview] shown until then
   * @returns {Pending}
   */
  send(session, message, preview = null) {
    const pending = {
      clientId: newId(), session, message, preview, time: Date.now(), state: "sending", code: "", detail: "", seq: 0,
    };
    this.outbox.push(pending);
    this.#post(pending);
    return pending;
  }

  /** Tries a failed message again under its own number, so that it can never stand there twice. */
  retry(clientId) {
    const pending = this.outbox.find((other) => other.clientId === clientId);
    if (pending?.state === "failed") this.#post(pending);
  }

  /** Gives a failed message up. */
  discard(clientId) {
    this.outbox = this.outbox.filter((other) => other.clientId !== clientId);
    this.#outboxChanged();
  }

  #post(pending) {
    Object.assign(pending, { state: "sending", code: "", detail: "" });
    const { clientId, session, message } = pending;
    clearTimeout(this.#sendTimers.get(clientId));
    if (this.isReady && this.#wire.send({ op: "send", client_id: clientId, session, message })) {
      const sentAt = Date.now();
      this.#sendTimers.set(clientId, setTimeout(() => this.#unanswered(clientId, sentAt), ANSWER_WAIT));
    }
    this.#outboxChanged(session);
  }

  /** Where nothing at all was heard, it is the line: the message waits for a better one. */
  #unanswered(clientId, sentAt) {
    if (this.#wire.heardAt < sentAt) this.#wire.drop();
    else this.#sendFailed(clientId, "timeout");
  }

  #sendFailed(clientId, code, detail = "") {
    const pending = this.outbox.find((other) => other.clientId === clientId);
    clearTimeout(this.#sendTimers.get(clientId));
    if (!pending || pending.state !== "sending") return;
    Object.assign(pending, { state: "failed", code, detail });
    this.#outboxChanged(pending.session);
  }

  #outboxChanged(session) {
    try {
      const kept = this.outbox.filter((pending) => pending.state !== "sent");
      const text = JSON.stringify({ member: this.member?.id, pendings: kept.map((pending) => ({ ...pending, preview: null })) });
      this.options.storage?.setItem(OUTBOX_KEY, text);
    } catch {
      // storage is full or closed to us: the outbox then lives as long as the page
    }
    this.#emit("outbox", { session });
  }

  /** Takes up what a reload of the page left unacknowledged. */
  #restoreOutbox() {
    let kept;
    try {
      kept = JSON.parse(this.options.storage?.getItem(OUTBOX_KEY) ?? "null");
    } catch {
      return;
    }
    if (!kept || kept.member !== this.member.id) return;
    const known = new Set(this.outbox.map((pending) => pending.clientId));
    this.outbox.unshift(...kept.pendings.filter((pending) => !known.has(pending.clientId)));
  }

  /**
   * Uploads a file for a later message.
   * @param {File} file @param {{onProgress?: (share: number) => void, signal?: AbortSignal}} [options]
   * @returns {Promise<{upload: string, name: string, size: number, type: string}>}
   */
  upload(file, { onProgress, signal } = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.options.upload);
      request.responseType = "json";
      if (this.options.csrfToken) request.setRequestHeader("X-CSRFToken", this.options.csrfToken);
      if (this.options.token) request.setRequestHeader("Authorization", `Bearer ${this.options.token}`);
      request.upload.onprogress = (event) => event.total && onProgress?.(event.loaded / event.total);
      request.onload = () => {
        const answer = request.response ?? {};
        if (request.status < 300 && answer.upload) resolve(answer);
        else reject(new DeskError(answer.code ?? (request.status === 413 ? "too_large" : "unavailable"), answer.detail));
      };
      request.onerror = () => reject(new DeskError("offline"));
      request.onabort = () => reject(new DeskError("aborted"));
      signal?.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file, file.name || "file");
      request.send(form);
    });
  }

  /**
   * Puts sessions that the page already knows beside the live ones: those ended today, and those handed on
   * (`handed`), which stay as they were when they left. @param {Summary[]} summaries
   */
  addOver(summaries) {
    for (const summary of summaries) {
      if (this.sessions.get(summary.session)?.summary) continue;
      const session = this.#session(summary.session);
      const known = { summary: this.#named(summary), place: "over", served: true };
      const { handed } = summary;
      Object.assign(session, known, handed && { left: { op: "transfer", session: session.id }, leftAt: handed.at });
    }
    this.#emit("list");
  }

  // ---------- what the server says ----------

  #take(frame) {
    const handler = this.#handlers[frame.op];
    if (handler) handler(frame);
  }

  #handlers = {
    ready: (frame) => this.#ready(frame),
    result: (frame) => this.#result(frame),
    session: (frame) => this.#summary(frame),
    state: (frame) => this.#state(frame),
    message: (frame) => this.#message(frame),
    note: (frame) => this.#noted(frame),
    synced: (frame) => this.#synced(frame),
    history_end: (frame) => this.#settleBy("history_end", this.#history?.session.id, frame),
    ack: (frame) => this.#acked(frame),
    read: (frame) => this.#readBy(frame),
    signal: (frame) => this.#signal(frame),
    pong: (frame) => this.#pong(frame),
    queue: (frame) => this.#queue(frame),
    error: (frame) => this.#refused(frame),
    callIn: (frame) => this.#came(frame),
    userAccessed: (frame) => this.#came(frame),
    autoTransfer: (frame) => this.#went(frame),
    transfer: (frame) => this.#went(frame),
    sessionEnded: (frame) => this.#ended(frame),
    wrappedUp: ({ session }) => this.#owes([...this.owed].filter((id) => id !== session)),
    statusChanged: (frame) => this.#statusChanged(frame),
    kicked: (frame) => this.#kickedOut(frame),
    monitor: ({ op, ...changes }) => this.#emit("monitor", changes),
    unwatched: (frame) => this.#unwatched(frame),
  };

  #session(id) {
    if (!this.sessions.has(id)) this.sessions.set(id, new DeskSession(id));
    return this.sessions.get(id);
  }

  /** The summary with a name for visitors who gave none: the server's may be in another language. */
  #named(summary) {
    const { customer } = summary;
    const { visitorName } = this.options;
    const isUnnamed = visitorName && (customer?.visitor_no ?? null) !== null;
    return isUnnamed ? { ...summary, customer: { ...customer, name: visitorName(customer.visitor_no) } } : summary;
  }

  #open() {
    return [...this.sessions.values()].filter((session) => session.isOpen);
  }

  #hello() {
    const last = {};
    for (const session of this.#open()) last[session.id] = session.rev;
    const { token, quiet } = this.options;
    this.#wire.send({ op: "hello", last, token: token || undefined, quiet: quiet || undefined });
  }

  #ready(frame) {
    this.#wire.calm();
    const { member, status, restReason = "", queues = [], limits = {} } = frame;
    const isFirst = !this.member;
    Object.assign(this, { member, status, restReason, queues, limits, isReady: true });
    if (isFirst) this.#restoreOutbox();
    const named = new Set();
    for (const summary of frame.sessions) {
      named.add(summary.session);
      this.#session(summary.session).update(this.#named(summary), String(member.id));
    }
    for (const session of this.#open()) if (!named.has(session.id)) session.leave(null);
    for (const session of this.#open()) if (session.isBehind) this.#sync(session).catch(() => {});
    for (const pending of this.outbox) if (pending.state === "sending") this.#post(pending);
    for (const session of this.sessions.values()) if (session.watched) this.#watchAgain(session);
    this.#emit("ready");
    this.#owes(frame.owed ?? []);
    this.#emit("status");
    this.#emit("queues");
    this.#emit("list");
    this.#showLive();
  }

  #down(code) {
    this.isReady = false;
    this.#history = null;
    for (const id of [...this.#answers.keys()]) this.#answer(id, new DeskError("offline"));
    for (const timer of this.#sendTimers.values()) clearTimeout(timer);
    for (const session of this.sessions.values()) {
      clearTimeout(session.healing);
      session.healing = 0;
      session.syncing = false;
    }
    this.#showLive();
    if (code === 4003 || code === 4401) this.#signedOut();
  }

  #result(frame) {
    const answer = this.#answers.get(frame.id);
    if (!answer) return;
    if (!frame.ok) {
      const { op, id, ok, code, detail, ...extra } = frame;
      this.#answer(frame.id, new DeskError(code, detail, extra));
    } else if (answer.settledBy === "result") this.#answer(frame.id, frame);
  }

  /** `synced` and `history_end` end a request of their own session. */
  #settleBy(op, session, frame) {
    for (const [id, answer] of this.#answers) {
      if (answer.settledBy !== op || answer.session !== session) continue;
      this.#answer(id, frame);
      return;
    }
  }

  #summary({ op, ...summary }) {
    const session = this.#session(summary.session);
    const before = session.place;
    session.update(this.#named(summary), String(this.member?.id));
    this.#check(session);
    if (before !== session.place) this.#emit("list");
    this.#emit("session", { session: session.id });
    this.#showLive();
  }

  #state({ session: id, rev, state }) {
    const session = this.sessions.get(id);
    if (!session?.summary) return;
    session.took(rev);
    session.summary.state = state;
    this.#check(session);
    this.#emit("session", { session: id });
  }

  #message({ op, ...message }) {
    const asked = this.#history?.session;
    const session = this.sessions.get(message.session);
    if (asked && asked.id !== message.session && !session?.isOpen) {
      asked.mergeEarlier(message);
      return;
    }
    const target = session ?? this.#session(message.session);
    const isNew = target.merge(message);
    if (!asked) target.heard(message);
    if (target.loaded || target.syncing) target.took(message.rev);
    this.#arrivedBack(message);
    if (isNew && target.loaded && !target.syncing && !asked) this.#arrived(target, message);
    this.#check(target);
    this.#emit("messages", { session: target.id, message });
    this.#emit("session", { session: target.id });
    this.#showLive();
  }

  #arrived(session, message) {
    if (message.from.kind === "customer") {
      session.typing = null;
      this.#emit("typing", { session: session.id });
    }
    this.#emit("arrived", { session: session.id, message });
  }

  #arrivedBack(message) {
    const before = this.outbox.length;
    this.outbox = this.outbox.filter(
      (pending) =>
        pending.clientId !== message.client_id && !(pending.session === message.session && pending.seq === message.seq),
    );
    if (before !== this.outbox.length) this.#outboxChanged(message.session);
  }

  #acked({ client_id: clientId, session: id, seq }) {
    clearTimeout(this.#sendTimers.get(clientId));
    this.#sendTimers.delete(clientId);
    const pending = this.outbox.find((other) => other.clientId === clientId);
    if (!pending) return;
    Object.assign(pending, { state: "sent", seq });
    if (this.sessions.get(id)?.messages.some((message) => message.seq === seq)) {
      this.outbox = this.outbox.filter((other) => other !== pending);
    }
    this.#outboxChanged(id);
  }

  #noted({ op, ...note }) {
    const session = this.#session(note.session);
    const isNew = session.mergeNote(note);
    this.#check(session);
    this.#emit("notes", { session: session.id, note, isNew });
  }

  #synced(frame) {
    const session = this.#session(frame.session);
    session.settle(frame.rev);
    if (!frame.more) {
      session.loaded = true;
      session.note = session.knownNote = session.notes.at(-1)?.n ?? session.note;
      if (session.summary) session.summary.seq = Math.max(session.summary.seq ?? 0, frame.seq ?? 0);
    }
    this.#settleBy("synced", frame.session, frame);
    this.#emit("messages", { session: session.id });
  }

  /** Asks for everything newer than what is here, page by page. */
  async #sync(session) {
    if (session.syncing || !this.isReady) return;
    session.syncing = true;
    session.failed = null;
    this.#showLive();
    try {
      for (let more = true; more; ) {
        const asked = { session: session.id, rev: session.rev, note: session.note };
        ({ more } = await this.command("sync", asked, { settledBy: "synced" }));
      }
    } catch (error) {
      session.failed = error;
      throw error;
    } finally {
      session.syncing = false;
      this.#check(session);
      this.#emit("messages", { session: session.id });
      this.#showLive();
    }
  }

  /** A gap has 300 ms to close by what is under way; then it is asked for. */
  #check(session) {
    if (!session.isBehind || session.healing || session.syncing || !this.isReady) return;
    session.healing = setTimeout(() => {
      session.healing = 0;
      if (session.isBehind) this.#sync(session).catch(() => {});
    }, session.failed ? ANSWER_WAIT : HEAL_WAIT);
  }

  #pong({ sessions = {} }) {
    for (const [id, [rev, note]] of Object.entries(sessions)) {
      const session = this.sessions.get(id);
      if (!session?.isOpen) continue;
      session.known = Math.max(session.known, rev);
      session.knownNote = Math.max(session.knownNote, note);
      this.#check(session);
    }
    const differs = () => {
      const open = this.#open().map((session) => session.id);
      return open.some((id) => !(id in sessions)) || Object.keys(sessions).some((id) => !open.includes(id));
    };
    if (differs()) setTimeout(() => this.isReady && differs() && this.#hello(), HEAL_WAIT);
    this.#showLive();
  }

  #readBy({ session: id, by, seq }) {
    const session = this.sessions.get(id);
    if (!session) return;
    if (by === "customer") session.customerRead = Math.max(session.customerRead, seq);
    else if (session.summary && seq >= (session.summary.seq ?? 0)) session.summary.unread = 0;
    this.#emit("read", { session: id });
  }

  #signal({ session: id, data = {} }) {
    const session = this.sessions.get(id ?? data.session);
    if (!session || Number(data.src) !== 12) return;
    session.typing = { until: Date.now() + TYPING_SHOWN, preview: data.preview ?? "" };
    setTimeout(() => {
      if (session.typing && session.typing.until <= Date.now()) session.typing = null;
      this.#emit("typing", { session: session.id });
    }, TYPING_SHOWN + 50);
    this.#emit("typing", { session: session.id });
  }

  #queue({ groups }) {
    this.queues = groups;
    this.#emit("queues");
  }

  #refused(frame) {
    if (frame.client_id) this.#sendFailed(frame.client_id, frame.code, frame.detail);
    else if (frame.reason && frame.reason !== "signed_out") this.#kickedOut(frame);
    else if (frame.code === "unauthorized" || frame.code === "token_expired") this.#signedOut();
    else this.#emit("error", frame);
  }

  #came(frame) {
    const session = this.#session(frame.session);
    session.left = null;
    session.servedSince = frame.returned ? session.givenAt : null;
    session.handedBy = frame.handedBy ?? null;
    if (session.summary) session.place = frame.op === "callIn" ? "offered" : "serving";
    this.#emit("list");
    this.#emit(frame.op, frame);
  }

  #went(frame) {
    const session = this.sessions.get(frame.session);
    if (session) session.leave(frame);
    this.#emit("list");
    this.#emit(frame.op, frame);
    this.#showLive();
  }

  #ended(frame) {
    if (frame.owed) this.#owes([...this.owed, frame.session]);
    this.#went(frame);
  }

  #owes(sessions) {
    this.owed = new Set(sessions);
    this.#emit("owed");
  }

  /** Another connection knows nothing of what was watched. */
  #watchAgain(session) {
    this.watch(session.id).catch(({ code }) => {
      // A lost line is tried again with the next one.
      if (!session.watched) this.#unwatched({ session: session.id, code });
    });
  }

  #unwatched({ session: id, code }) {
    const session = this.sessions.get(id);
    if (!session) return;
    session.watched = false;
    if (session.place === "watched") session.place = "";
    this.#emit("unwatched", { session: id, code });
  }

  #statusChanged({ status, restReason = "", by = "" }) {
    Object.assign(this, { status, restReason });
    this.#emit("status", { by });
  }

  #kickedOut(frame) {
    this.kicked = frame;
    this.#wire.close();
    this.#emit("kicked", frame);
  }

  #signedOut() {
    this.#wire.close();
    this.#emit("signedOut");
  }

  #showLive() {
    const isBehind = this.#open().some((session) => session.isBehind || session.syncing);
    const live = !this.isReady ? "offline" : isBehind ? "catching" : "live";
    if (live === this.live) return;
    this.live = live;
    this.#emit("live");
  }
}

/** A new `client_id`; `randomUUID` is missing on plain-HTTP pages. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
