// Keeps the row under the pointer where it is while the list around it changes.

/**
 * @param {HTMLElement} scroller the scrolling list
 * @param {string} rows what counts as a row
 */
export class Steady {
  constructor(scroller, rows) {
    Object.assign(this, { scroller, rows, x: -1, y: -1 });
    this.above = document.createElement("div");
    this.below = document.createElement("div");
    this.above.className = this.below.className = "steady-space";
    scroller.prepend(this.above);
    scroller.append(this.below);
    scroller.addEventListener("pointermove", (event) => this.#at(event), { passive: true });
    scroller.addEventListener("pointerleave", () => this.#left());
  }

  #at(event) {
    if (event.pointerType !== "mouse") return;
    this.x = event.clientX;
    this.y = event.clientY;
  }

  #left() {
    this.x = this.y = -1;
    this.#space(this.above, 0);
    this.#space(this.below, 0);
  }

  #space(spacer, height) {
    spacer.style.setProperty("height", `${Math.max(0, height)}px`);
  }

  #pointed() {
    if (this.x < 0) return null;
    const found = document.elementFromPoint(this.x, this.y)?.closest(this.rows);
    return found && this.scroller.contains(found) ? found : null;
  }

  /** Runs a change of the list; the row under the pointer stays under it. @param {() => void} change */
  hold(change) {
    const row = this.#pointed();
    const before = row?.getBoundingClientRect().top;
    change();
    if (!row?.isConnected) return;
    let moved = row.getBoundingClientRect().top - before;
    if (!moved) return;
    const room = this.scroller.scrollHeight - this.scroller.clientHeight - this.scroller.scrollTop;
    if (moved > room) this.#space(this.below, this.below.offsetHeight + moved - room);
    if (moved < -this.scroller.scrollTop) {
      this.#space(this.above, this.above.offsetHeight - moved - this.scroller.scrollTop);
      moved = row.getBoundingClientRect().top - before;
    }
    this.scroller.scrollTop += moved;
  }
}
