// Voice and video messages: recorded, looked at again, then sent. Comes when it is wanted first.
import { el, fill, icon } from "../ui/dom.js";
import { voice } from "../ui/bodies.js";
import { clockLabel } from "../ui/times.js";
import { Tape } from "./tape.js";

const SHORTEST_S = 0.7;
const NEAR_END_S = 10;
const AWAY_PX = 70; // how far a finger slides up to throw away

export class Recorder {
  #o;
  #panel;
  #clock = el("span", { class: "record-clock" }, "0:00");
  #says = el("p", { class: "record-says", role: "status" });
  #level = el("span", { class: "record-level", "aria-hidden": "true" }, el("i"));
  #tape = null;
  #held = false;
  #done = false;
  #url = "";

  /**
   * @param {object} options
   * @param {HTMLElement} options.place the window's foot
   * @param {"voice"|"video"} options.kind
   * @param {number} options.mostBytes how large a file may be
   * @param {Object<string,string>} options.words
   * @param {AbortSignal} options.signal the window goes away
   * @param {(file: Blob, name: string, measures: object) => void} options.send
   * @param {(text?: string) => void} options.close it is over; a text says why nothing was recorded
   * @param {(() => void)|null} options.swap a video instead of a voice, where that can be recorded
   */
  constructor(options) {
    this.#o = options;
    this.#panel = el("div", { class: "recorder", role: "group", "aria-label": options.words[`record_${options.kind}`] });
    this.#panel.addEventListener("keydown", (event) => this.#key(event));
    options.signal.addEventListener("abort", () => this.cancel(), { once: true });
  }

  /** Ask for the microphone (and camera), and begin. @param {boolean} held the button is being held */
  async begin(held = false) {
    const { place, kind, words } = this.#o;
    this.#held = held;
    this.#asking();
    place.append(this.#panel);
    try {
      this.#tape = await Tape.open(kind, this.#o.mostBytes);
    } catch (error) {
      this.#close(words[error.name === "NotFoundError" ? `record_none_${kind}` : `record_refused_${kind}`]);
      return;
    }
    if (this.#done) {
      this.#tape.close();
      return;
    }
    if (kind === "video") this.#ready();
    else this.#run();
  }

  /** The button was let go: enough said. */
  release() {
    if (!this.#held) return;
    this.#held = false;
    if (this.#panel.classList.contains("away")) this.cancel();
    else if (this.#tape?.runs) this.#tape.stop();
  }

  /** The finger moves while it holds. @param {number} up how far up, in px */
  slide(up) {
    if (!this.#held || !this.#tape?.runs) return;
    const { words } = this.#o;
    this.#panel.classList.toggle("away", up > AWAY_PX);
    this.#says.textContent = up > AWAY_PX ? words.record_let_go : words.record_slide;
  }

  /** Throw it away. */
  cancel() {
    this.#close();
  }

  #swap() {
    this.#close();
    this.#o.swap();
  }

  #close(text) {
    if (this.#done) return;
    this.#done = true;
    clearInterval(this.ticking);
    this.#tape?.close();
    this.#panel.remove();
    if (this.#url) setTimeout(() => URL.revokeObjectURL(this.#url), 1000);
    this.#o.close(text);
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.cancel();
  }

  #button(name, label, act, look = "quiet") {
    return el(
      "button",
      { type: "button", class: `button bare ${look}`, "aria-label": label, title: label, onclick: act },
      icon(name),
    );
  }

  #show(...parts) {
    this.#panel.replaceChildren(...parts);
    if (!this.#held) this.#panel.querySelector("[data-first]")?.focus({ preventScroll: true });
  }

  #first(button) {
    button.dataset.first = "";
    return button;
  }

  #asking() {
    const { words } = this.#o;
    this.#says.textContent = words.record_asking;
    this.#show(this.#first(this.#button("x", words.cancel, () => this.cancel())), this.#says);
  }

  #picture() {
    if (this.#o.kind !== "video") return [];
    const picture = el("video", { class: "record-picture", muted: true, autoplay: true, playsinline: true });
    picture.muted = true;
    picture.srcObject = this.#tape.stream;
    return [picture];
  }

  // Before a video one sees oneself.
  #ready() {
    const { words } = this.#o;
    this.#says.textContent = words.record_ready;
    this.#show(
      ...this.#picture(),
      this.#button("x", words.cancel, () => this.cancel()),
      this.#says,
      this.#first(this.#button("disc", words.record_start, () => this.#run(), "danger")),
    );
  }

  #run() {
    const { words } = this.#o;
    const tape = this.#tape;
    this.#panel.classList.add("runs");
    this.#says.textContent = this.#held ? words.record_slide : words.recording;
    this.#show(
      ...this.#picture(),
      this.#button("bin", words.discard, () => this.cancel()),
      el("i", { class: "record-dot", "aria-hidden": "true" }),
      this.#clock,
      this.#level,
      this.#says,
      this.#o.swap && !this.#held ? this.#button("video", words.record_video, () => this.#swap()) : "",
      this.#first(this.#button("stop", words.record_stop, () => tape.stop(), "danger")),
    );
    tape.ended = (recorded) => this.#review(recorded);
    tape.start();
    this.ticking = setInterval(() => this.#tick(), 100);
    this.#tick();
  }

  #tick() {
    const { words } = this.#o;
    const { seconds, limit, level } = this.#tape;
    this.#clock.textContent = clockLabel(seconds);
    this.#level.firstChild.style.transform = `scaleX(${level.toFixed(2)})`;
    const left = Math.ceil(limit - seconds);
    if (left <= NEAR_END_S && !this.warned) {
      this.warned = true;
      this.#says.textContent = fill(words.record_left, { n: left });
    }
  }

  #review({ blob, name, measures }) {
    clearInterval(this.ticking);
    this.#tape.close();
    if (this.#done) return;
    const { words, kind } = this.#o;
    if (measures.duration < SHORTEST_S || !blob.size) {
      this.#close(words.record_short);
      return;
    }
    this.#held = false;
    this.#panel.classList.remove("runs");
    this.#url = URL.createObjectURL(blob);
    const again =
      kind === "voice"
        ? voice({ url: this.#url, duration: measures.duration }, { words })
        : el("video", { class: "record-picture", controls: true, playsinline: true, src: this.#url });
    const send = () => {
      this.#o.send(blob, `${words[kind]}.${name}`, measures);
      this.#close();
    };
    this.#show(
      ...(kind === "video" ? [again] : []),
      this.#button("bin", words.discard, () => this.cancel()),
      ...(kind === "voice" ? [again] : [el("span", { class: "record-level" })]),
      this.#first(this.#button("send", words.send, send, "primary")),
    );
  }
}
