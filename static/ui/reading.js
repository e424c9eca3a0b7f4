// The reader's place in a conversation: at the end one follows what is said; further up nothing moves under the
// reader, and a pill tells what has come below. Used by the window, the component and the workbench.
import { icon } from "./dom.js";

const TOP = 600; // px from the oldest row within which older ones are asked for
const FAR = 600; // px from the end from which on the way back is offered though nothing new is there

export class Reading {
  #scroll;
  #thread;
  #pill;
  #label;
  #fresh = 0;
  #gone = new AbortController();

  /**
   * @param {object} options
   * @param {HTMLElement} options.scroll the scrolling element, laid out from its end (column-reverse)
   * @param {import("./thread.js").Thread} options.thread made with the same `scroll`
   * @param {HTMLElement} options.pill the button that leads to the end
   * @param {(fresh: number) => string} options.label its words for so many new messages, or for none
   * @param {() => void} options.onTop older messages are wanted
   * @param {() => void} options.onEnd the newest message is in sight
   */
  constructor({ scroll, thread, pill, label, onTop, onEnd }) {
    Object.assign(this, { onTop, onEnd });
    this.#scroll = scroll;
    this.#thread = thread;
    this.#pill = pill;
    this.#label = label;
    const { signal } = this.#gone;
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    pill.addEventListener("click", () => this.toEnd(), { signal });
    // Back from the browser's history everything may have another size.
    addEventListener("pageshow", ({ persisted }) => persisted && thread.rows.change(), { signal });
  }

  /** Nothing is listened to any more. */
  destroy() {
    this.#gone.abort();
  }

  get atEnd() {
    return this.#thread.rows.atEnd;
  }

  /** Whether there is hardly anything to scroll, so that nobody would come near the top. */
  get isShort() {
    this.#thread.draw();
    return this.#scroll.scrollHeight <= this.#scroll.clientHeight + TOP / 2;
  }

  /** How many messages have come below what is read. */
  get fresh() {
    return this.#fresh;
  }

  /** The conversation changes. @param {() => void} change @param {{fresh?: number}} [what] how many new messages of others come */
  keep(change, { fresh = 0 } = {}) {
    const { atEnd } = this;
    change();
    if (fresh && !atEnd) this.#count(this.#fresh + fresh);
  }

  /** Go to the newest message. */
  toEnd() {
    this.#thread.rows.toEnd();
    this.#count(0);
    this.onEnd();
  }

  /** Where one reads and what is new below; null at the end. To be given to `restore`. */
  get place() {
    const { place } = this.#thread;
    return place && { ...place, fresh: this.#fresh };
  }

  /** Read on where one was. @param {{key: string, top: number, fresh: number}|null} place @param {number} [more] messages that came since */
  restore(place, more = 0) {
    if (this.#thread.goTo(place)) this.#count(place.fresh + more);
    else this.toEnd();
  }

  #scrolled() {
    this.#count(this.atEnd ? 0 : this.#fresh);
    if (this.atEnd) this.onEnd();
    const fromEnd = Math.abs(this.#scroll.scrollTop);
    if (this.#scroll.scrollHeight - this.#scroll.clientHeight - fromEnd < TOP) this.onTop();
  }

  #count(fresh) {
    this.#fresh = fresh;
    const isOffered = !this.atEnd && (fresh > 0 || Math.abs(this.#scroll.scrollTop) > FAR);
    this.#pill.hidden = !isOffered;
    if (isOffered) this.#pill.replaceChildren(this.#label(fresh), icon("down-arrow", "small"));
  }
}
