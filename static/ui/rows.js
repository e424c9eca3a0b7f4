// The rows of a long conversation. All of them are known; only those about the place in sight stand in the page,
// the others are empty space as high as they were when last seen, or would about be.
//
// The scroll area is laid out from its end (column-reverse): 0 is the newest row, upwards is negative, and nothing in
// sight moves by what changes above it. What changes below is made up for by scrolling, within the same frame.
import { Column } from "./column.js";
import { Shown } from "./shown.js";
import { selectedIn } from "./staying.js";

const AROUND = 1_000; // px drawn beyond either edge of what is in sight
const SHORT = 80; // rows; a conversation as short as this stands in the page whole
const MOST_SELECTED = 600; // rows; what is selected stays in the page so that it can be copied
const NEAR_END = 48; // px from the end within which one follows what is said
const UNSEEN_HEIGHT = 800; // px taken for the height of an area that is not shown
const FRAME_WITHIN = 100; // ms; a page that is not shown has no frames
const QUIET = 60; // ms without more of what comes in pages, which is then drawn at once …
const QUIET_WITHIN = 400; // … or after so long
const ROUNDS = 4; // rows may turn out lower than expected, and then do not yet fill what is in sight

/**
 * @typedef {object} Row what is kept here of an entry; the rest is the thread's
 * @property {HTMLElement|null} node
 * @property {HTMLElement|null} [dayLine] stands before it
 * @property {number} size px from its top to the next one's
 */

export class Rows {
  #root;
  #scroll;
  #does;
  #column;
  #shown;
  #held = null; // the row that is read and where its top is; none at the end
  #lastTop = 0;
  #seen = { width: 0, height: 0, view: 0 };
  #frame = 0;
  #timer = 0;
  #pause = 0;
  #pausedAt = 0;
  #isStale = false;
  #isQuiet = false;
  #isWhole;
  #unwatch = () => {};

  /**
   * @param {HTMLElement} root the rows become its children
   * @param {HTMLElement|null} scroll the scrolling element about it; without one all rows stand in the page
   * @param {{before: (a: Row, b: Row) => boolean, draw: (row: Row) => void, dress: (at: number) => void,
   *   estimate: (row: Row, width: number) => number}} does `draw` makes `row.node`, `dress` fits it to its neighbours
   */
  constructor(root, scroll, does) {
    this.#root = root;
    this.#scroll = scroll;
    this.#does = does;
    this.#column = new Column(does.before);
    this.#shown = new Shown(root, this.#column, does);
    this.#isWhole = !scroll;
    if (scroll) this.#watch();
  }

  #watch() {
    const gone = new AbortController();
    const { signal } = gone;
    const sizes = new ResizeObserver(() => this.#resized());
    for (const part of [this.#scroll, this.#root, this.#root.parentElement]) sizes.observe(part);
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    this.#root.addEventListener("focusout", () => this.#shown.away.size && this.change(), { signal });
    addEventListener("beforeprint", () => this.#print(true), { signal });
    addEventListener("afterprint", () => this.#print(false), { signal });
    this.#unwatch = () => {
      sizes.disconnect();
      gone.abort();
      this.#unschedule();
    };
  }

  /** Nothing is watched any more; the face is taken away. */
  destroy() {
    this.#unwatch();
  }

  /** All rows in order; not to be changed from outside. @returns {Row[]} */
  get list() {
    return this.#column.list;
  }

  /** Those that stand in the page. @returns {Row[]} */
  get shown() {
    return this.#shown.rows;
  }

  /** Whether one is at the newest row and follows what comes. */
  get atEnd() {
    return this.#held === null;
  }

  /** What is read now, to be given to `goTo` later; null at the end. @returns {{row: Row, top: number}|null} */
  get held() {
    return this.#held && { ...this.#held };
  }

  /** @param {Row} row */
  insert(row) {
    row.size = this.#does.estimate(row, this.#seen.width);
    this.#undressAbout(this.#column.insert(row));
  }

  /** @param {Row} row */
  remove(row) {
    const at = this.#column.remove(row);
    if (at < 0) return;
    row.isGone = true;
    if (this.#held?.row === row) {
      const other = this.list[at] || this.list[at - 1];
      this.#held = other ? { row: other, top: this.#held.top } : null;
    }
    this.#undressAbout(at);
  }

  /** What a row shows has changed. @param {Row} row */
  redraw(row) {
    if (row.isIn) row.isDirty = true;
    else row.node = null;
    this.#undressAbout(this.#column.at(row));
  }

  /** What is told of a row beside its words has changed. @param {Row} row */
  undress(row) {
    row.isUndressed = true;
    this.change();
  }

  #undressAbout(at) {
    for (let n = Math.max(0, at - 1); n <= at + 1 && n < this.list.length; n += 1)
      this.list[n].isUndressed = true;
    this.change();
  }

  /** Lay out anew with the next frame; all changes until then are one layout. */
  change() {
    this.#isStale = true;
    if (this.#isQuiet) this.#later();
    if (this.#isQuiet || this.#frame) return;
    this.#frame = requestAnimationFrame(() => this.flush());
    this.#timer = setTimeout(() => this.flush(), FRAME_WITHIN);
  }

  /** What changes by this may wait until no more of its kind comes. @param {() => void} act */
  quietly(act) {
    this.#isQuiet = true;
    act();
    this.#isQuiet = false;
  }

  #later() {
    const now = performance.now();
    this.#pausedAt ||= now;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.flush(), Math.min(QUIET, this.#pausedAt + QUIET_WITHIN - now));
  }

  #unschedule() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    this.#frame = this.#timer = this.#pausedAt = 0;
  }

  /** Lay out now what has changed. */
  flush() {
    this.#unschedule();
    if (!this.#isStale) return;
    this.#isStale = false;
    if (this.#isSeen && this.#scroll.scrollTop !== this.#lastTop) this.#hold();
    this.#layout();
  }

  clear() {
    for (const row of this.list) row.isGone = true;
    this.#column.clear();
    this.#shown.clear();
    this.#held = null;
    this.change();
  }

  /** Go to the newest row. */
  toEnd() {
    this.#go(null);
  }

  /** Go to a row. @param {Row} row @param {number} [top] px below the area's upper edge; the middle without it */
  goTo(row, top = (this.#scroll?.clientHeight ?? 0) / 3) {
    this.#go({ row, top });
  }

  #go(held) {
    if (!this.#scroll) return;
    this.#held = held;
    this.#lastTop = this.#scroll.scrollTop; // wherever that is, one no longer wants to be there
    this.#isStale = true;
    this.flush();
  }

  /** The element of a row, drawn in its place if it is out of sight. @param {Row} row @returns {HTMLElement} */
  elementOf(row) {
    this.flush();
    if (!row.isIn) this.#shown.ask(row);
    return row.node;
  }

  // ---------- what is in sight ----------

  // An area that is not shown has no heights to go by.
  get #isSeen() {
    return this.#seen.view > 0;
  }

  #scrolled() {
    if (!this.#isSeen) return;
    if (this.#scroll.scrollTop !== this.#lastTop) this.#hold();
    if (this.#isCovered) return;
    this.#isStale = true;
    this.flush(); // before this frame is painted
  }

  // Remembers what is read: the first row in sight.
  #hold() {
    this.#lastTop = this.#scroll.scrollTop;
    if (Math.abs(this.#lastTop) < NEAR_END) {
      this.#held = null;
      return;
    }
    const { top, bottom } = this.#scroll.getBoundingClientRect();
    for (const row of this.#shown.rows) {
      const box = row.node.getBoundingClientRect();
      if (row.isGone || box.bottom <= top) continue;
      if (box.top >= bottom) break;
      this.#held = { row, top: box.top - top };
      return;
    }
    // One has jumped to where no row stands yet.
    const wanted = top - this.#root.getBoundingClientRect().top;
    const { row, top: y } = this.#column.rowAt(wanted);
    this.#held = row ? { row, top: y - wanted } : null;
  }

  // px from the top of all rows to the upper edge of what is in sight
  get #viewTop() {
    const column = this.#column;
    if (!this.#held) return column.height - this.#viewHeight;
    return column.offset(column.at(this.#held.row)) - this.#held.top;
  }

  get #viewHeight() {
    return this.#seen.view || UNSEEN_HEIGHT;
  }

  get #isCovered() {
    const { from, to, above, length } = this.#column;
    const top = this.#viewTop;
    if (from > 0 && top - above < AROUND / 2) return false;
    return to === length || this.#column.offset(to) - top - this.#viewHeight > AROUND / 2;
  }

  // Which rows are to stand in the page.
  #wanted() {
    const { length } = this.#column;
    if (this.#isWhole || length <= SHORT) return [0, length];
    const top = this.#viewTop;
    return this.#withSelected(...this.#column.between(top - AROUND, top + this.#viewHeight + AROUND));
  }

  #withSelected(from, to) {
    const selected = selectedIn(this.#root);
    if (!selected) return [from, to];
    const places = selected.map((child) =>
      this.list.findIndex((row) => row.node === child || (row.dayLine && row.dayLine === child)),
    );
    const first = Math.min(from, ...places);
    const last = Math.max(to, ...places.map((at) => at + 1));
    return first < 0 || last - first > MOST_SELECTED ? [from, to] : [first, last];
  }

  // ---------- layout ----------

  #layout() {
    if (this.#scroll) this.#seen.view = this.#scroll.clientHeight;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from, to] = this.#wanted();
      if (round && from === this.#column.from && to === this.#column.to) break;
      this.#shown.show(from, to);
      if (!this.#scroll) break;
      this.#space();
      if (!this.#isSeen) break;
      this.#measure();
      this.#settle();
    }
    this.#shown.placeAway();
  }

  #space() {
    const { style } = this.#root;
    const { above, below } = this.#column;
    style.paddingTop = above > 0 ? `${above}px` : "";
    style.paddingBottom = below > 0 ? `${below}px` : "";
  }

  #measure() {
    const box = this.#root.getBoundingClientRect();
    const gap = this.list.length ? parseFloat(getComputedStyle(this.#root).rowGap) || 0 : 0;
    let last = null;
    let lastTop = 0;
    for (const row of this.#shown.rows) {
      const { top } = (row.dayLine || row.node).getBoundingClientRect();
      if (last) last.size = top - lastTop;
      last = row;
      lastTop = top;
    }
    if (last) last.size = box.bottom - this.#column.below - lastTop + gap;
    Object.assign(this.#seen, { width: box.width, height: box.height });
  }

  // At the end one stays there; further up what is read stays where it is.
  #settle() {
    if (!this.#held) {
      if (this.#scroll.scrollTop) this.#scroll.scrollTop = 0;
    } else if (this.#held.row.isIn) {
      const top = this.#held.row.node.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top;
      if (Math.abs(top - this.#held.top) >= 0.5) this.#scroll.scrollTop += top - this.#held.top;
    }
    this.#lastTop = this.#scroll.scrollTop;
  }

  // The area, the rows or what stands beside them have another size: nothing in sight moves by it.
  #resized() {
    const { width, height } = this.#root.getBoundingClientRect();
    const view = this.#scroll.clientHeight;
    const wasSeen = this.#isSeen;
    this.#seen.view = view;
    if (!view) return;
    if (wasSeen && this.#scroll.scrollTop !== this.#lastTop) this.#hold();
    if (width !== this.#seen.width) this.#forgetSizes(width);
    else if (height !== this.#seen.height) this.#measure();
    this.#settle();
    if (!wasSeen || !this.#isCovered) this.change();
  }

  #forgetSizes(width) {
    this.#seen.width = width;
    this.#column.resize((row) => (row.isIn && !row.isAway ? row.size : this.#does.estimate(row, width)));
    this.change();
  }

  #print(isWhole) {
    this.#isWhole = isWhole;
    this.#isStale = true;
    this.flush();
  }
}
