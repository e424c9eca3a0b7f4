// What calls the agent from elsewhere: ring, desktop notice, mark in the page's title; and words for those who listen.
import { spoken } from "../ui/bodies.js";
import { el } from "../ui/dom.js";
import { keep, kept } from "./keeping.js";
import { soon } from "./soon.js";
import { say, sayCount, threadWords } from "./words.js";

const RING_EVERY = 3_000;
const TOAST_TIME = 6_000;
const MOST_TOASTS = 2;
const SPEAK_EVERY = 400;
const NOTICE_EVERY = 3_000;
const SOUND_EVERY = 1_500;
const TITLE_EVERY = 500;
const MUTE_KEY = "csdesk-desk-mute";

/** Two soft tones while an offer waits; a short one for a message elsewhere. */
export class Ringer {
  constructor(bench) {
    Object.assign(this, { bench, context: null, timer: 0, heardAt: 0 });
    this.blocked = document.getElementById("sound-blocked");
    this.blocked.querySelector("button").addEventListener("click", () => this.#unblock());
    for (const event of ["list", "ready", "live"]) bench.desk.on(event, () => this.#check());
    bench.desk.on("arrived", ({ session, message }) => this.#arrived(session, message));
    bench.desk.on("userAccessed", () => this.#play([880, 1175]));
  }

  get isMuted() {
    return kept(MUTE_KEY) === "1";
  }

  set isMuted(value) {
    keep(MUTE_KEY, value ? "1" : "");
    this.#check();
  }

  #check() {
    const rings = this.bench.offered().length > 0 && this.bench.desk.isReady;
    if (rings && !this.timer) {
      this.#play([784, 988]);
      this.timer = setInterval(() => this.#play([784, 988]), RING_EVERY);
    } else if (!rings && this.timer) {
      clearInterval(this.timer);
      this.timer = 0;
    }
    if (this.isMuted) this.blocked.hidden = true;
  }

  #arrived(id, message) {
    const isSeen = document.visibilityState === "visible" && document.hasFocus() && id === this.bench.chosenId;
    if (message.from.kind !== "customer" || isSeen || Date.now() - this.heardAt < SOUND_EVERY) return;
    this.heardAt = Date.now();
    this.#play([660]);
  }

  #play(tones) {
    if (this.isMuted || !("AudioContext" in window)) return;
    this.context ??= new AudioContext();
    if (this.context.state !== "running") {
      this.context.resume().then(() => this.#sound(tones), () => {});
      // The browser waits for a first click: offer one.
      setTimeout(() => (this.blocked.hidden = this.context.state === "running" || this.isMuted), 300);
      return;
    }
    this.#sound(tones);
  }

  #sound(tones) {
    this.blocked.hidden = true;
    tones.forEach((tone, index) => {
      const start = this.context.currentTime + index * 0.18;
      const oscillator = new OscillatorNode(this.context, { type: "sine", frequency: tone });
      const gain = new GainNode(this.context, { gain: 0 });
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.12, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
      oscillator.connect(gain).connect(this.context.destination);
      oscillator.start(start);
      oscillator.stop(start + 0.4);
    });
  }

  #unblock() {
    this.context ??= new AudioContext();
    this.context.resume().then(() => this.#sound([784]), () => {});
  }
}

/** A desktop notice where the agent allowed it and is elsewhere; choosing follows only from their click on it. */
export class DesktopNotices {
  constructor(bench) {
    this.bench = bench;
    /** When each session's last notice was shown. @type {Map<string, number>} */ this.shownAt = new Map();
    for (const [event, words] of [["callIn", "notice_offer"], ["userAccessed", "notice_new"]]) {
      bench.desk.on(event, ({ session }) => {
        this.shownAt.delete(session);
        this.#show(session, say(words));
      });
    }
    bench.desk.on("arrived", ({ session, message }) => {
      if (message.from.kind === "customer") this.#show(session, spoken(message, threadWords));
    });
  }

  /** `default`, `granted`, `denied` or `missing`; to ask the browser takes a millisecond. */
  get permission() {
    return "Notification" in window ? Notification.permission : "missing";
  }

  ask() {
    return this.permission === "default" ? Notification.requestPermission() : Promise.resolve(this.permission);
  }

  #show(id, text) {
    const isSoon = Date.now() - (this.shownAt.get(id) ?? 0) < NOTICE_EVERY;
    if (document.hasFocus() || isSoon || this.permission !== "granted") return;
    this.shownAt.set(id, Date.now());
    const name = this.bench.desk.sessions.get(id)?.summary?.customer.name ?? "csdesk";
    const notice = new Notification(name, { body: text, tag: id });
    notice.onclick = () => {
      window.focus();
      const isOffer = this.bench.desk.sessions.get(id)?.place === "offered";
      if (!isOffer) this.bench.choose(id);
      notice.close();
    };
  }
}

/** "(2) Workbench": offers and unread messages. */
export class TitleMark {
  constructor(bench) {
    this.bench = bench;
    this.title = document.title;
    const draw = soon(() => this.#draw(), TITLE_EVERY);
    for (const event of ["list", "session", "ready"]) bench.desk.on(event, draw);
  }

  #draw() {
    const unread = this.bench.serving().reduce((sum, session) => sum + (session.summary.unread || 0), 0);
    const offers = this.bench.offered().length;
    const count = unread + offers;
    const title = `${offers ? "● " : ""}${count ? `(${count}) ` : ""}${this.title}`;
    if (document.title !== title) document.title = title;
  }
}

/** Words for screen readers and passing words at the foot of the screen. */
export class Teller {
  constructor(bench) {
    this.live = document.getElementById("announce");
    this.urgent = document.getElementById("announce-now");
    this.bench = bench;
    this.toasts = [];
    /** Offers that were announced: each is once. */ this.offered = new Set();
    /** Who wrote since the last announcement, and what last. @type {Map<string, {count: number, text: string}>} */ this.heard = new Map();
    bench.addEventListener("view", () => this.#follow());
    addEventListener("resize", () => this.#follow());
    bench.desk.on("arrived", ({ session, message }) => this.#arrived(bench, session, message));
    for (const event of ["transfer", "autoTransfer", "userAccessed"]) bench.desk.on(event, (frame) => this.#moved(bench, frame));
    for (const event of ["list", "ready"]) bench.desk.on(event, () => this.#offers());
    bench.desk.on("status", ({ by }) => by && this.#setBy(by));
  }

  /** A supervisor has changed the agent's availability: that it changed by itself would be a riddle. */
  #setBy(name) {
    const words = say("status_set_by", { name, status: say(this.bench.desk.status) });
    this.announce(words);
    this.toast(words);
  }

  /** An offer does not wait until the reader has finished. */
  #offers() {
    const offers = this.bench.offered();
    for (const { id, summary } of offers) {
      if (!this.offered.has(id)) this.urgent.textContent = say("offered_by", { name: summary.customer.name });
    }
    this.offered = new Set(offers.map(({ id }) => id));
  }

  /** What became of a session without the agent's doing. */
  #moved(bench, { op, session, returned, unaccepted }) {
    const isGivenAway = bench.givenAway.delete(session);
    const name = bench.desk.sessions.get(session)?.summary?.customer.name ?? "";
    if (returned) this.toast(say("came_back", { name }));
    else if (unaccepted) this.toast(say("not_accepted", { name }));
    else if (!isGivenAway && op === "transfer") this.toast(say("was_handed_on", { name }));
    else if (!isGivenAway && op === "autoTransfer") this.toast(say("was_missed", { name }));
  }

  #arrived(bench, id, message) {
    if (message.from.kind !== "customer") return;
    const count = (this.heard.get(id)?.count ?? 0) + 1;
    this.heard.set(id, { count, text: spoken(message, threadWords) });
    this.timer ||= setTimeout(() => this.#say(bench), SPEAK_EVERY);
  }

  // Where many write at once, nobody could listen to every word: each customer's last ones, and how many there were.
  #say(bench) {
    this.timer = 0;
    for (const [id, { count, text }] of this.heard) {
      const name = bench.desk.sessions.get(id)?.summary?.customer.name ?? "";
      this.announce(count > 1 ? sayCount("says_many", count, { name, text }) : say("says", { name, text }));
    }
    this.heard.clear();
  }

  announce(text) {
    this.live.append(el("p", {}, text));
    while (this.live.children.length > 5) this.live.firstElementChild.remove();
  }

  toast(text) {
    const toast = el("p", { class: "toast", title: text }, text);
    this.toasts.push(toast);
    while (this.toasts.length > MOST_TOASTS) this.#away(this.toasts[0]);
    this.#place().append(toast);
    setTimeout(() => this.#away(toast), TOAST_TIME);
  }

  #away(toast) {
    this.toasts = this.toasts.filter((other) => other !== toast);
    toast.remove();
  }

  /** The bar at the top has room for them, and on narrower screens each part keeps a line: they cover nothing. */
  #place() {
    const isWide = matchMedia("(min-width: 1024px)").matches;
    const view = isWide ? "top" : this.bench.isNarrow ? this.bench.view : "list";
    return document.querySelector(`.toasts[data-view=${view}]`);
  }

  /** They go with the agent and with the width of the window. */
  #follow() {
    const place = this.#place();
    for (const toast of this.toasts) if (toast.parentElement !== place) place.append(toast);
  }
}
