// A conversation on the screen: messages in, elements out. Used by the window and the workbench.
//
//   const thread = new Thread(document.querySelector(".thread"), {side: "customer", words, locale, on: {answer, rate, retry}});
//   thread.put(frame);                    a `message` frame, new or changed: merged by (session, seq)
//   thread.pend({client_id, message});    a message under way; thread.fail(client_id), thread.progress(client_id, .4), thread.drop(client_id)
//   thread.read(session, seq);            how far the other side has read
//   thread.beside("note-3", element, {session, seq, time});   something of the face's own after a message
//   thread.refresh();                     what may be pressed has changed
import { el, icon } from "./dom.js";
import { drawMessage, drawPending } from "./entry.js";
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
 * @property {Object<string, string>} words see csdesk/thread_words.py
 * @property {string} [locale]
 * @property {{name: string, avatar?: string}} [service] who speaks where a message of the system is a sentence
 * @property {(message: MessageFrame) => boolean} [canAnswer] may its choices be pressed
 * @property {(message: MessageFrame) => boolean} [canRecall]
 * @property {object} [on] what the reader does; each is optional
 * @property {(text: string, message: MessageFrame) => void} [on.answer]
 * @property {(choice: {id: string, content: string, comment: string, sessionId: string}, message: MessageFrame) => Promise<void>} [on.rate] rejects with words for the reader
 * @property {(clientId: string) => void} [on.retry]
 * @property {(clientId: string) => void} [on.cancel]
 * @property {(message: MessageFrame) => void} [on.recall]
 * @property {(text: string) => void} [on.again] take up the text of an own recalled message
 * @property {(message: MessageFrame) => void} [on.stale] its file's address has run out
 */

const GROUP_MS = 5 * 60_000;
const WRITTEN_NOW_MS = 5_000;

export class Thread {
  #root;
  #options;
  #entries = []; // in order; the page follows them
  #byKey = new Map();
  #pending = new Map();
  #readUpTo = new Map();
  #lastMine = null;

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
      ...options,
    };
  }

  /** Take in a message frame: a new one finds its place, a changed one changes in place. Older revs are ignored. @param {MessageFrame} frame */
  put(frame) {
    if (frame.client_id) this.drop(frame.client_id);
    const key = `${frame.session}.${frame.seq}`;
    const known = this.#byKey.get(key);
    if (known && known.frame.rev > frame.rev) return;
    if (known) {
      const before = known.frame.message;
      if (frame.message.type === "recalled" && before.type === "text") known.formerText = before.text;
      known.frame = frame;
      known.gotAt = Date.now();
      this.#redraw(known);
      return;
    }
    this.#insert({
      key,
      session: frame.session,
      seq: frame.seq,
      sub: 0,
      time: frame.time,
      frame,
      gotAt: Date.now(),
    });
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
      this.#redraw(entry);
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
    const bar = entry.node.querySelector("progress");
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
    this.#markLastMine();
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
      known.node.replaceWith(element);
      known.node = element;
      return;
    }
    this.#insert({ key, session, seq, sub: 1 + performance.now(), time: time || 0, element });
  }

  /** Take away what `beside` put there. @param {string} key */
  removeBeside(key) {
    const entry = this.#byKey.get(key);
    if (entry) this.#remove(entry);
  }

  /** Draw again what can be pressed (after a change of state). @param {string} [session] only its messages */
  refresh(session) {
    for (const entry of this.#entries) {
      const src = String(entry.frame?.message.data?.src ?? "");
      const pressed = ["15", "21", "29"].includes(src) || entry.node.querySelector(".recall");
      if (pressed && (!session || entry.session === session)) this.#redraw(entry);
    }
    this.#markLastMine();
  }

  /** The message at an address, if shown. @param {string} session @param {number} seq @returns {MessageFrame|undefined} */
  get(session, seq) {
    return this.#byKey.get(`${session}.${seq}`)?.frame;
  }

  /** The element of a message, if shown. @param {string} session @param {number} seq @returns {HTMLElement|undefined} */
  elementOf(session, seq) {
    return this.#byKey.get(`${session}.${seq}`)?.node;
  }

  /** Earliest and latest shown messages. @returns {[MessageFrame|undefined, MessageFrame|undefined]} */
  get ends() {
    const frames = this.#entries.filter((entry) => entry.frame);
    return [frames[0]?.frame, frames.at(-1)?.frame];
  }

  /** Show nothing (another session follows). */
  clear() {
    this.#entries = [];
    this.#byKey.clear();
    this.#pending.clear();
    this.#readUpTo.clear();
    this.#lastMine = null;
    this.#root.replaceChildren();
  }

  /** A message in words, for lists and for those who listen. @param {MessageFrame} frame */
  spoken(frame) {
    return spoken(frame, this.#options.words);
  }

  #insert(entry) {
    let at = this.#entries.length;
    while (at > 0 && before(entry, this.#entries[at - 1])) at -= 1;
    this.#entries.splice(at, 0, entry);
    this.#byKey.set(entry.key, entry);
    this.#draw(entry);
    const follower = this.#entries[at + 1];
    this.#root.insertBefore(entry.node, follower ? follower.dayLine || follower.node : null);
    this.#arrange(at);
    this.#arrange(at + 1);
    this.#markLastMine();
  }

  #remove(entry) {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    this.#byKey.delete(entry.key);
    entry.dayLine?.remove();
    entry.node.remove();
    this.#arrange(at);
    this.#markLastMine();
  }

  #redraw(entry) {
    const old = entry.node;
    const typed = old.querySelector("textarea.comment")?.value;
    this.#draw(entry);
    const comment = entry.node.querySelector("textarea.comment");
    if (comment && typed) comment.value = typed;
    old.replaceWith(entry.node);
    const at = this.#entries.indexOf(entry);
    this.#arrange(at);
    this.#arrange(at + 1);
    this.#markLastMine();
  }

  // Day line above the entry where the day (or the session) changes; no second head within a group.
  #arrange(at) {
    const entry = this.#entries[at];
    if (!entry) return;
    const previous = this.#entries[at - 1];
    const apart =
      !previous ||
      (entry.time && previous.time && !sameDay(entry.time, previous.time)) ||
      (entry.frame && previous.frame && entry.session !== previous.session);
    // Under "Chat ended 14:16" there is no need of "Today 14:16".
    const goesOn =
      previous?.ends && sameDay(entry.time, previous.time) && entry.time - previous.time < GROUP_MS;
    if (apart && entry.time && !goesOn) this.#showDay(entry);
    else if (entry.dayLine) {
      entry.dayLine.remove();
      entry.dayLine = null;
    }
    const follows =
      !apart &&
      Boolean(entry.speaker) &&
      previous.speaker === entry.speaker &&
      entry.time - previous.time < GROUP_MS;
    entry.node.classList.toggle("follows", follows);
    for (const part of entry.node.querySelectorAll(":scope > .avatar, :scope > .message-head"))
      part.hidden = follows;
    if (previous?.mine) this.#foot(previous, at - 1);
    if (entry.mine) this.#foot(entry, at);
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

  #draw(entry) {
    if (entry.element) entry.node = entry.element;
    else if (entry.pending) drawPending(entry, this.#options);
    else drawMessage(entry, this.#options);
  }

  // Under the last of an own group: its time; under the very last also whether it was read.
  #foot(entry, at) {
    if (entry.pending || !entry.frame || !entry.mine) return;
    const next = this.#entries[at + 1];
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

  #fate(entry, words) {
    const read = entry.seq <= (this.#readUpTo.get(entry.session) || 0) || this.#answeredAfter(entry);
    return [icon(read ? "checks" : "check", "small"), el("span", {}, read ? words.read : words.sent), " "];
  }

  // An answer tells that the words before it were read.
  #answeredAfter(entry) {
    const other = this.#options.side === "customer" ? "agent" : "customer";
    return this.#entries.some(
      (later) => later.session === entry.session && later.seq > entry.seq && later.frame?.from.kind === other,
    );
  }

  #markLastMine() {
    const kind = this.#options.side === "customer" ? "customer" : "agent";
    let at = this.#entries.length - 1;
    while (at >= 0 && !(this.#entries[at].mine && this.#entries[at].frame?.from.kind === kind)) at -= 1;
    const former = this.#lastMine;
    this.#lastMine = this.#entries[at] || null;
    const formerAt = former && former !== this.#lastMine ? this.#entries.indexOf(former) : -1;
    if (formerAt >= 0) this.#foot(former, formerAt);
    if (this.#lastMine) this.#foot(this.#lastMine, at);
  }
}

// Sessions are named in the order of time, messages counted within; what is not stored yet has but its time.
function before(a, b) {
  if (Boolean(a.pending) !== Boolean(b.pending)) return (a.place ?? a.time) < (b.place ?? b.time);
  if (a.session !== b.session) return a.session < b.session;
  if (a.seq !== b.seq) return a.seq < b.seq;
  return a.sub < b.sub;
}
