// Plays a voice message: one at a time, and on although its bubble is drawn anew.
import { icon } from "./dom.js";
import { clockLabel } from "./times.js";

let current = null;

export class Player {
  #audio = new Audio();
  #told;
  #words;
  #failed;
  #parts = null;
  #sliding = false;

  /**
   * @param {{src: string, duration?: number}} voice where it is, and how long it lasts as far as is known (s)
   * @param {Object<string,string>} words
   * @param {() => void} failed it cannot be played
   */
  constructor({ src, duration }, words, failed) {
    this.#told = duration || 0;
    this.#words = words;
    this.#failed = failed;
    const audio = this.#audio;
    audio.preload = "metadata";
    audio.src = src;
    for (const event of ["play", "pause", "timeupdate", "durationchange", "seeked"])
      audio.addEventListener(event, () => this.#show());
    audio.addEventListener("ended", () => {
      audio.currentTime = 0;
      this.#show();
    });
    audio.addEventListener("error", () => this.#failed());
  }

  /** Show it in these parts from now on. @param {{button: HTMLElement, bar: HTMLInputElement, clock: HTMLElement}} parts */
  adopt(parts) {
    this.#parts = parts;
    parts.bar.disabled = false;
    parts.bar.addEventListener("input", () => {
      this.#sliding = true;
      parts.clock.textContent = clockLabel(Number(parts.bar.value));
    });
    parts.bar.addEventListener("change", () => {
      this.#sliding = false;
      this.#audio.currentTime = Number(parts.bar.value);
    });
    this.#show();
  }

  /** Play or pause. */
  toggle() {
    if (!this.#audio.paused) {
      this.#audio.pause();
      return;
    }
    if (current && current !== this) current.stop();
    current = this;
    this.#audio.play().catch(() => {}); // "error" tells of it
  }

  /** Play no further. */
  stop() {
    this.#audio.pause();
  }

  /** Let go of the sound. */
  forget() {
    this.stop();
    this.#audio.removeAttribute("src");
    this.#parts = null;
  }

  #show() {
    if (!this.#parts) return;
    const { button, bar, clock } = this.#parts;
    const { paused, currentTime, duration } = this.#audio;
    // Recordings often do not know how long they are.
    const lasts = Number.isFinite(duration) && duration > 0 ? duration : Math.max(this.#told, currentTime);
    button.replaceChildren(icon(paused ? "play" : "pause"));
    button.setAttribute("aria-label", paused ? this.#words.play : this.#words.pause);
    if (this.#sliding) return;
    bar.max = String(Math.max(lasts, 0.1));
    bar.value = String(currentTime);
    bar.setAttribute("aria-valuetext", clockLabel(currentTime));
    clock.textContent = clockLabel(!paused || currentTime ? currentTime : Math.round(lasts));
  }
}
