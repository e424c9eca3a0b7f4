// What has been seen: what was painted while the chat was in sight. A chat that closes at the very moment at which
// a message comes has not shown it, whenever we hear of the closing.

const HELD_MS = 500;

export class Sight {
  #does;
  #isLooking = false;
  #held = 0;
  #told = 0;

  /**
   * @param {object} does
   * @param {() => boolean} does.isLookedAt the newest message is in sight
   * @param {() => void} does.seen all that stands there has been seen
   * @param {() => number} does.unread how many have not
   * @param {(count: number) => void} does.tell their number has changed
   * @param {AbortSignal} does.signal
   */
  constructor(does) {
    this.#does = does;
    does.signal.addEventListener("abort", () => clearTimeout(this.#held));
  }

  /** Something new may be in sight; once it has been painted it is seen. */
  look() {
    if (this.#isLooking || !this.#does.isLookedAt()) return;
    this.#isLooking = true;
    // The first frame draws it; with the second one it has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#painted()));
  }

  /** The number of the unread has changed. It waits for a look that is being taken, so that none flashes up. */
  counted() {
    if (!this.#isLooking) this.#tell();
    else this.#held ||= setTimeout(() => this.#tell(), HELD_MS);
  }

  #painted() {
    this.#isLooking = false;
    if (this.#does.signal.aborted) return;
    if (this.#does.isLookedAt()) this.#does.seen();
    this.#tell();
  }

  #tell() {
    clearTimeout(this.#held);
    this.#held = 0;
    const count = this.#does.unread();
    if (count === this.#told) return;
    this.#told = count;
    this.#does.tell(count);
  }
}
