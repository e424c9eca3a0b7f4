// A conversation on the screen: messages in, elements out. Used by the window and the workbench.
//
//   const thread = new Thread(document.querySelector(".thread"), {side: "customer", words, locale, on: {answer, rate, retry}});
//   thread.put(frame);                    a `message` frame, new or changed: merged by (session, seq)
//   thread.pend({client_id, message});    a message under way; thread.fail(client_id), thread.progress(client_id, .4), thread.drop(client_id)
//   thread.read(session, seq);            how far the other side has read
//   thread.beside("note-3", element, {session, seq, time});   something of the face's own after a message
//   thread.refresh();                     what may be pressed has changed
//
// With `scroll`, rows out of sight leave the page (rows.js), and reading.js keeps the reader's place. Changes show with
// the next frame, all that came until then at once; `draw()` shows them now.
import { el, icon } from "./dom.js";
import { drawMessage, drawPending } from "./entry.js";
import { Rows } from "./rows.js";
import { spoken } from "./bodies.js";
import { dayLabel, sameDay, timeLabel } from "./times.js";

export { avatar, initial, tone } from "./people.js";
export { el, fileSize, fill, icon, safeUrl, withLinks } from "./dom.js";
export { dayLabel, timeLabel } from "./times.js";

/**
 * @typedef {object} MessageFrame
 * @property {string} id
 * @property {string} session
 * @property {number} seq
 * @property {number} rev
 * @property {number} time in ms
 * @property {string} [client_id]
 * @property {{kind: "customer"|"agent"|"bot"|"system", name?: string, avatar?: string, id?: string|number}} from
 * @property {object} message text, a file kind, custom, or recalled
 *
 * @typedef {object} ThreadOptions
 * @property {"customer"|"seat"} side whose messages stand at the right
 * @property {HTMLElement} [scroll] the scrolling element about the thread; without it all messages stand in the page
 * @property {Object<string, string>} words see csdesk/thread_words.py
 * @property {string} [locale]
 * @property {{name: string, avatar?: string}} [service] who speaks where a message of the system is a sentence
 * @property {(message: MessageFrame) => boolean} [canAnswer] may its choices be pressed
 * @property {(message: MessageFrame) => boolean} [canRecall]
 * @property {(message: MessageFrame) => boolean} [canVote] may the reader say whether an answer has helped
 * @property {object} [on] what the reader does; each is optional
 * @property {(text: string, message: MessageFrame) => void} [on.answer]
 * @property {(choice: {id: string, content: string, comment: string, sessionId: string}, message: MessageFrame) => Promise<void>} [on.rate] rejects with words for the reader
 * @property {(helpful: boolean|null, message: MessageFrame) => void} [on.vote] null takes it back
 * @property {(clientId: string) => void} [on.retry]
 * @property {(clientId: string) => void} [on.cancel]
 * @property {(message: MessageFrame) => void} [on.recall]
 * @property {(text: string) => void} [on.again] take up the text of an own recalled message
 * @property {(message: MessageFrame) => void} [on.stale] its file's address has run out
 */

const GROUP_MS = 5 * 60_000;
const WRITTEN_NOW_MS = 5_000;
const PRESSED = new Set(["15", "21", "29"]);
// About how high what is not drawn yet will be, in px.
const LINE = 22;
const LEAST = 46;
const HEIGHTS = { file: 70, voice: 70, video: 190, custom: 170, recalled: 40, element: 80 };
const PICTURE = { width: 220, height: 300 };
const BUBBLE = 0.78; // of the width, at most

export class Thread {
  #root;
  #options;
  #rows;
  #byKey = new Map();
  #pending = new Map();
  #readUpTo = new Map();
  #lastMine = null;
  #lastOther = new Map(); // by session: the `seq` of the newest words of the other side

  /**
   * @param {HTMLElement} root the element with class "thread"
   * @param {ThreadOptions} options
   */
  constructor(root, options) {
    this.#root = root;
    this.#options = {
      on: {},
      locale: document.documentElement.lang || "en",
      canAnswer: () => true,
      canRecall: () => false,
      canVote: () => false,
      ...options,
    };
    this.#rows = new Rows(root, this.#options.scroll ?? null, {
      before,
      draw: (entry) => this.#draw(entry),
      dress: (at) => this.#dress(at),
      estimate,
    });
  }

  /** The rows on the page, for those who keep the reader's place. */
  get rows() {
    return this.#rows;
  }

  /**
   * Take in a message frame: a new one finds its place, a changed one changes in place. Older revs are ignored.
   * @param {MessageFrame} frame
   * @param {{isLive?: boolean}} [how] what was said before comes in pages, and is shown when a page is here
   */
  put(frame, { isLive = true } = {}) {
    if (isLive) this.#put(frame);
    else this.#rows.quietly(() => this.#put(frame));
  }

  #put(frame) {
    if (frame.client_id) this.drop(frame.client_id);
    const key = `${frame.session}.${frame.seq}`;
    const known = this.#byKey.get(key);
    if (known && known.frame.rev > frame.rev) return;
    if (known) this.#change(known, frame);
    else {
      const { session, seq, time } = frame;
      this.#insert({ key, session, seq, sub: 0, time, frame, gotAt: Date.now() });
      this.#weigh(this.#byKey.get(key));
    }
  }

  #change(entry, frame) {
    const before = entry.frame.message;
    if (frame.message.type === "recalled" && before.type === "text") entry.formerText = before.text;
    entry.frame = frame;
    entry.gotAt = Date.now();
    entry.speaker = undefined;
    this.#rows.redraw(entry);
    if (entry === this.#lastMine && !this.#isMine(entry)) this.#lookForLastMine();
  }

  /**
   * Show a message that is still under way. It keeps its place in time, so that what is said after it is seen.
   * `waits` until it is tried again by itself ("asked": or when the reader asks); what is `refused` never succeeds.
   * @param {{client_id: string, message: object, time?: number, progress?: number|null, preview?: string,
   *   waits?: boolean|"asked", failed?: boolean, refused?: boolean, reason?: string}} pending
   */
  pend(pending) {
    const entry = this.#pending.get(pending.client_id);
    if (entry) {
      Object.assign(entry.pending, pending);
      this.#rows.redraw(entry);
      return;
    }
    const made = {
      key: `pending-${pending.client_id}`,
      session: "~",
      seq: Infinity,
      sub: performance.now(),
      time: pending.time || Date.now(),
      pending: { ...pending },
    };
    made.place = this.#placeOf(made);
    this.#pending.set(pending.client_id, made);
    this.#insert(made);
  }

  // Words written now stand after all that is here, by whichever clock that was told.
  #placeOf({ time }) {
    const last = this.ends[1];
    return last && Date.now() - time < WRITTEN_NOW_MS ? last.time : time;
  }

  /** Say that a pending message was not sent. @param {string} clientId @param {string} [reason] */
  fail(clientId, reason) {
    const entry = this.#pending.get(clientId);
    if (entry) this.pend({ ...entry.pending, failed: true, reason });
  }

  /** How much of an upload is there (0–1). @param {string} clientId @param {number} share */
  progress(clientId, share) {
    const entry = this.#pending.get(clientId);
    if (!entry) return;
    entry.pending.progress = share;
    const bar = entry.node?.querySelector("progress");
    if (bar) bar.value = share;
  }

  /** Take a pending message away. @param {string} clientId */
  drop(clientId) {
    const entry = this.#pending.get(clientId);
    if (!entry) return;
    this.#pending.delete(clientId);
    this.#remove(entry);
  }

  /** The other side has read up to `seq`. @param {string} session @param {number} seq */
  read(session, seq) {
    if (seq <= (this.#readUpTo.get(session) || 0)) return;
    this.#readUpTo.set(session, seq);
    if (this.#lastMine?.session === session) this.#rows.undress(this.#lastMine);
  }

  /**
   * Put an element of the face's own (a note, a line of state) after a message.
   * @param {string} key the same key replaces what stood there
   * @param {HTMLElement} element
   * @param {{session: string, seq: number, time?: number}} place
   */
  beside(key, element, { session, seq, time }) {
    const known = this.#byKey.get(key);
    if (known) {
      known.element = element;
      this.#rows.redraw(known);
    } else this.#insert({ key, session, seq, sub: 1 + performance.now(), time: time || 0, element, speaker: null });
  }

  /** Take away what `beside` put there. @param {string} key */
  removeBeside(key) {
    const entry = this.#byKey.get(key);
    if (entry) this.#remove(entry);
  }

  /** Draw again what can be pressed (after a change of state). @param {string} [session] only its messages */
  refresh(session) {
    for (const entry of this.#rows.shown) {
      const src = String(entry.frame?.message.data?.src ?? "");
      const isPressed = PRESSED.has(src) || "helpful" in (entry.frame?.message ?? {}) || entry.node?.querySelector(".recall");
      if (isPressed && (!session || entry.session === session)) this.#rows.redraw(entry);
    }
  }

  /** The message at an address, if it is here. @param {string} session @param {number} seq @returns {MessageFrame|undefined} */
  get(session, seq) {
    return this.#byKey.get(`${session}.${seq}`)?.frame;
  }

  /** The element of a message, drawn if it was out of sight. @param {string} session @param {number} seq @returns {HTMLElement|undefined} */
  elementOf(session, seq) {
    const entry = this.#byKey.get(`${session}.${seq}`);
    return entry && this.#rows.elementOf(entry);
  }

  /** Go to a message. @param {string} session @param {number} seq @returns {HTMLElement|undefined} */
  show(session, seq) {
    const entry = this.#byKey.get(`${session}.${seq}`);
    if (!entry) return undefined;
    this.#rows.goTo(entry);
    return entry.node;
  }

  /** What is read now: `{key, top}` to come back to by `goTo`, null at the end. */
  get place() {
    const { held } = this.#rows;
    return held && { key: held.row.key, top: held.top };
  }

  /** @param {{key: string, top: number}|null} place @returns {boolean} whether it is still there */
  goTo(place) {
    const entry = place && this.#byKey.get(place.key);
    if (entry) this.#rows.goTo(entry, place.top);
    else this.#rows.toEnd();
    return Boolean(entry);
  }

  /** Earliest and latest messages that are here. @returns {[MessageFrame|undefined, MessageFrame|undefined]} */
  get ends() {
    const { list } = this.#rows;
    return [list.find(isStored)?.frame, list.findLast(isStored)?.frame];
  }

  /** Whether it comes after all messages that are here. @param {MessageFrame} frame */
  isNewest({ session, seq }) {
    const last = this.ends[1];
    return !last || session > last.session || (session === last.session && seq > last.seq);
  }

  /** Show nothing (another session follows). */
  clear() {
    this.#byKey.clear();
    this.#pending.clear();
    this.#readUpTo.clear();
    this.#lastOther.clear();
    this.#lastMine = null;
    this.#rows.clear();
  }

  /** Show now what has changed, instead of with the next frame. */
  draw() {
    this.#rows.flush();
  }

  /** The thread is taken away with its page. */
  destroy() {
    this.#rows.destroy();
  }

  /** A message in words, for lists and for those who listen. @param {MessageFrame} frame */
  spoken(frame) {
    return spoken(frame, this.#options.words);
  }

  #insert(entry) {
    this.#byKey.set(entry.key, entry);
    this.#rows.insert(entry);
  }

  #remove(entry) {
    this.#byKey.delete(entry.key);
    this.#rows.remove(entry);
  }

  #draw(entry) {
    if (entry.element) entry.node = entry.element;
    else if (entry.pending) drawPending(entry, this.#options);
    else drawMessage(entry, this.#options);
  }

  // Who speaks in an entry is known once it was drawn.
  #know(entry) {
    if (!entry || entry.speaker !== undefined) return entry;
    const { node } = entry;
    this.#draw(entry);
    entry.node = node;
    return entry;
  }

  // Fits an entry to its neighbours: the day line above it, no second head within a group, the foot below.
  #dress(at) {
    const { list } = this.#rows;
    const entry = list[at];
    const previous = this.#know(list[at - 1]);
    const isApart = apart(entry, previous);
    // Under "Chat ended 14:16" there is no need of "Today 14:16".
    const goesOn =
      previous?.ends && sameDay(entry.time, previous.time) && entry.time - previous.time < GROUP_MS;
    if (isApart && entry.time && !goesOn) this.#showDay(entry);
    else if (entry.dayLine) {
      entry.dayLine.remove();
      entry.dayLine = null;
    }
    const follows =
      !isApart &&
      Boolean(entry.speaker) &&
      previous.speaker === entry.speaker &&
      entry.time - previous.time < GROUP_MS;
    entry.node.classList.toggle("follows", follows);
    for (const part of entry.node.querySelectorAll(":scope > .avatar, :scope > .message-head"))
      part.hidden = follows;
    if (entry.mine) this.#foot(entry, this.#know(list[at + 1]));
  }

  #showDay(entry) {
    const { words, locale } = this.#options;
    const label = dayLabel(entry.time, words, locale, true);
    if (!entry.dayLine) {
      entry.dayLine = el("p", { class: "day" });
      this.#root.insertBefore(entry.dayLine, entry.node);
    }
    entry.dayLine.replaceChildren(el("time", { datetime: new Date(entry.time).toISOString() }, label));
  }

  // Under the last of an own group: its time; under the very last also whether it was read.
  #foot(entry, next) {
    if (entry.pending || !entry.frame) return;
    const last = !next || next.speaker !== entry.speaker || next.time - entry.time >= GROUP_MS;
    let foot = entry.node.querySelector(":scope > .message-state");
    if (!last) {
      foot?.remove();
      return;
    }
    const { words, locale } = this.#options;
    const time = el("time", { datetime: new Date(entry.time).toISOString() }, timeLabel(entry.time, locale));
    const parts = entry === this.#lastMine ? this.#fate(entry, words) : [];
    if (!foot) {
      foot = el("p", { class: "message-state" });
      entry.node.append(foot);
    }
    foot.replaceChildren(...parts, time);
  }

  // An answer tells that the words before it were read.
  #fate({ session, seq }, words) {
    const read = seq <= (this.#readUpTo.get(session) || 0) || seq < (this.#lastOther.get(session) || 0);
    return [icon(read ? "checks" : "check", "small"), el("span", {}, read ? words.read : words.sent), " "];
  }

  get #sides() {
    return this.#options.side === "customer" ? ["customer", "agent"] : ["agent", "customer"];
  }

  #isMine({ frame }) {
    return frame?.from.kind === this.#sides[0] && frame.message.type !== "recalled";
  }

  // What a new message says of those before: which own one is the last, and that it was read.
  #weigh(entry) {
    const { session, seq, frame } = entry;
    if (this.#answers(frame) && seq > (this.#lastOther.get(session) || 0)) {
      this.#lastOther.set(session, seq);
      if (this.#lastMine?.session === session) this.#rows.undress(this.#lastMine);
    }
    if (this.#isMine(entry) && (!this.#lastMine || before(this.#lastMine, entry))) this.#setLastMine(entry);
  }

  #answers({ from }) {
    const [mine, other] = this.#sides;
    return from.kind === other || (mine === "customer" && from.kind === "bot");
  }

  #lookForLastMine() {
    this.#setLastMine(this.#rows.list.findLast((entry) => this.#isMine(entry)) || null);
  }

  #setLastMine(entry) {
    if (this.#lastMine) this.#rows.undress(this.#lastMine);
    this.#lastMine = entry;
    if (entry) this.#rows.undress(entry);
  }
}

const isStored = (entry) => Boolean(entry.frame);

// Another day, or another session.
function apart(entry, previous) {
  if (!previous) return true;
  if (entry.time && previous.time && !sameDay(entry.time, previous.time)) return true;
  return Boolean(entry.frame && previous.frame && entry.session !== previous.session);
}

// Messages are counted within their session; what is not stored yet has but its time. Sessions follow one another,
// save where a visitor's own has become a known user's: then what was said last stands last.
function before(a, b) {
  if (Boolean(a.pending) !== Boolean(b.pending)) return (a.place ?? a.time) < (b.place ?? b.time);
  if (a.session !== b.session) return a.time === b.time ? a.session < b.session : a.time < b.time;
  if (a.seq !== b.seq) return a.seq < b.seq;
  return a.sub < b.sub;
}

// About how high an entry is that nobody has seen yet; only the scroll bar shows how well that was guessed.
function estimate(entry, width) {
  const message = (entry.frame || entry.pending)?.message;
  if (!message) return HEIGHTS.element;
  if (message.type === "image") {
    const { width: wide = 4, height: high = 3 } = message.file ?? {};
    return Math.min(PICTURE.height, (PICTURE.width * high) / wide) + LEAST / 2;
  }
  if (message.type !== "text") return HEIGHTS[message.type] ?? LEAST;
  const letter = message.text.charCodeAt(0) > 0x2e80 ? 15 : 7.5;
  const lines = Math.ceil((message.text.length * letter) / (BUBBLE * (width || 400)));
  return LEAST + LINE * (Math.min(20, Math.max(1, lines)) - 1);
}
