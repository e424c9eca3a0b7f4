// Telling somebody who looks elsewhere: title, sound, the host page's badge, and words for those who listen.
import { fill, icon } from "../ui/dom.js";

const SOUND_KEY = "csdesk-sound";
const NOTICE_KEY = "csdesk-notice";
const SAID_MS = 5000;
const WAKE_MS = 150;

export class Notices {
  #words;
  #store;
  #host;
  #isPage;
  #title = document.title;
  #says;
  #button;
  #audio = null;
  #rangAt = 0;
  #said = 0;
  #desktop = null;

  /**
   * @param {{root: Element|ShadowRoot, words: Object<string,string>, store: Storage,
   *   host: import("./chat.js").ChatHost|null, signal: AbortSignal, isPage: boolean}} options `isPage`: the title is ours
   */
  constructor({ root, words, store, host, signal, isPage }) {
    this.#says = root.querySelector("#says");
    this.#button = root.querySelector("[data-sound]");
    this.#isPage = isPage && !host;
    this.#words = words;
    this.#store = store;
    this.#host = host;
    this.#button?.addEventListener("click", () => this.#toggle());
    this.#showSound();
    const row = root.querySelector("[data-notice]");
    if (this.#isPage && DesktopNotices.arePossible) this.#desktop = new DesktopNotices({ row, words, store });
    // Browsers let a page sound only after it has been touched once. To get the sound ready takes some 50 ms:
    // what the touch was for is painted first.
    const wake = () => setTimeout(() => signal.aborted || this.#wake(), WAKE_MS);
    addEventListener("pointerdown", wake, { once: true, signal });
    addEventListener("keydown", wake, { once: true, signal });
  }

  /** A message came. @param {object} frame @param {string} text @param {boolean} seen the reader looks at it now */
  arrived(frame, text, seen) {
    const name = frame.from.name || this.#words.service;
    this.#says.textContent = fill(this.#words.says, { name, text: String(text).slice(0, 300) });
    clearTimeout(this.#said);
    this.#said = setTimeout(() => this.silence(), SAID_MS);
    if (seen) return;
    if (frame.from.kind !== "agent" && frame.from.kind !== "bot") return;
    this.#ring();
    this.#desktop?.tell(name, text);
  }

  /** What was said aloud is not kept: it may be taken back. */
  silence() {
    clearTimeout(this.#said);
    this.#says.textContent = "";
  }

  /** @param {number} count of unread messages */
  unread(count) {
    this.#host?.post("unread", { count });
    if (!this.#isPage) return;
    document.title = count ? fill(this.#words.title_unread, { n: count, title: this.#title }) : this.#title;
  }

  /** The reader is back. */
  looked() {
    if (this.#isPage) document.title = this.#title;
  }

  /** Nothing sounds or is said any more. */
  destroy() {
    this.silence();
    this.#audio?.close();
    this.#audio = null;
  }

  get #on() {
    return this.#store.getItem(SOUND_KEY) !== "off";
  }

  #toggle() {
    this.#store.setItem(SOUND_KEY, this.#on ? "off" : "on");
    this.#showSound();
    if (this.#on) this.#ring(true);
  }

  #showSound() {
    if (!this.#button) return;
    this.#button.setAttribute("aria-pressed", String(this.#on));
    this.#button.querySelector("span").textContent = this.#on ? this.#words.sound_on : this.#words.sound_off;
    this.#button.querySelector("svg").replaceWith(icon(this.#on ? "bell" : "mute"));
  }

  #wake() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (Context) this.#audio ??= new Context();
    this.#audio?.resume?.();
  }

  // Two soft tones, made here: no file to load.
  #ring(trial = false) {
    // In a frame the host page's first touch counts for us too.
    if (this.#on && this.#host) this.#wake();
    if (
      !this.#on ||
      !this.#audio ||
      this.#audio.state !== "running" ||
      (!trial && Date.now() - this.#rangAt < 1500)
    )
      return;
    this.#rangAt = Date.now();
    const { currentTime: now, destination } = this.#audio;
    for (const [delay, pitch] of [
      [0, 660],
      [0.13, 880],
    ]) {
      const tone = this.#audio.createOscillator();
      const loudness = this.#audio.createGain();
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, now + delay);
      loudness.gain.exponentialRampToValueAtTime(0.08, now + delay + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, now + delay + 0.3);
      tone.connect(loudness).connect(destination);
      tone.start(now + delay);
      tone.stop(now + delay + 0.32);
    }
  }
}

// Notices of the desktop, for a page of its own only; asked for by the customer, never by us.
class DesktopNotices {
  #row;
  #words;
  #store;

  static get arePossible() {
    return "Notification" in window && Notification.permission !== "denied" && matchMedia("(pointer: fine)").matches;
  }

  constructor({ row, words, store }) {
    this.#row = row;
    this.#words = words;
    this.#store = store;
    row.hidden = false;
    row.addEventListener("click", () => this.#toggle());
    this.#show();
  }

  get #on() {
    return Notification.permission === "granted" && this.#store.getItem(NOTICE_KEY) === "on";
  }

  /** @param {string} name @param {string} text */
  tell(name, text) {
    if (!this.#on || !document.hidden) return;
    try {
      const notice = new Notification(name, { body: String(text).slice(0, 200), tag: "csdesk-chat" });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
    } catch {
      // some browsers allow them to service workers only
    }
  }

  async #toggle() {
    const wanted = !this.#on;
    if (wanted) await Notification.requestPermission();
    this.#store.setItem(NOTICE_KEY, wanted && Notification.permission === "granted" ? "on" : "off");
    this.#show();
  }

  #show() {
    this.#row.setAttribute("aria-pressed", String(this.#on));
    this.#row.querySelector("span").textContent = this.#on ? this.#words.notice_on : this.#words.notice_off;
  }
}
