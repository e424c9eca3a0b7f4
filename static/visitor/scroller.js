// The place in the conversation. At the end one follows what is said; further up nothing moves under the reader.
import { fill, icon } from "../ui/dom.js";

const NEAR_PX = 48;
const TOP_PX = 300;

export class Scroller {
  #scroll;
  #thread;
  #pill;
  #words;
  #fresh = 0;
  #wasAtEnd = true;

  /** @param {{scroll: HTMLElement, thread: HTMLElement, pill: HTMLElement, words: object, onTop: () => void, onBottom: () => void}} options */
  constructor({ scroll, thread, pill, words, onTop, onBottom }) {
    Object.assign(this, { onTop, onBottom });
    this.#scroll = scroll;
    this.#thread = thread;
    this.#pill = pill;
    this.#words = words;
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    pill.addEventListener("click", () => this.toEnd());
  }

  // The scroll area is laid out from its end: 0 is the newest message, upwards is negative.
  get #fromEnd() {
    return Math.abs(this.#scroll.scrollTop);
  }

  get atEnd() {
    return this.#fromEnd < NEAR_PX;
  }

  get isShort() {
    return this.#scroll.scrollHeight <= this.#scroll.clientHeight + TOP_PX;
  }

  /** Change the thread without moving what is being read. @param {() => void} change @param {{fresh?: boolean}} [what] a new message of others */
  keep(change, { fresh = false } = {}) {
    const atEnd = this.atEnd;
    const anchor = atEnd ? null : this.#firstSeen();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (atEnd) {
      this.#scroll.scrollTop = 0;
      return;
    }
    if (anchor?.isConnected) this.#scroll.scrollTop += anchor.getBoundingClientRect().top - before;
    if (fresh) this.#count(this.#fresh + 1);
  }

  /** Go to the newest message. */
  toEnd() {
    this.#scroll.scrollTop = 0;
    this.#count(0);
    this.onBottom();
  }

  /** Stay at the end while the window's height changes. */
  stay() {
    if (this.#wasAtEnd) this.#scroll.scrollTop = 0;
  }

  #firstSeen() {
    const top = this.#scroll.getBoundingClientRect().top;
    for (const child of this.#thread.children) if (child.getBoundingClientRect().bottom > top) return child;
    return null;
  }

  #scrolled() {
    this.#wasAtEnd = this.atEnd;
    if (this.#wasAtEnd) {
      this.#count(0);
      this.onBottom();
    } else {
      this.#count(this.#fresh);
    }
    if (this.#scroll.scrollHeight - this.#scroll.clientHeight - this.#fromEnd < TOP_PX) this.onTop();
  }

  #count(fresh) {
    this.#fresh = fresh;
    this.#pill.hidden = this.atEnd || (!fresh && this.#fromEnd < 600);
    this.#pill.replaceChildren(
      fresh ? fill(this.#words.new_below, { n: fresh }) : this.#words.to_end,
      icon("down-arrow", "small"),
    );
  }
}
