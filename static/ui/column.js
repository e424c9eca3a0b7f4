// Rows one below the other, in order, each with its height; a part of them, [from, to), is shown, and how many px
// come before and after that part is always known. Numbers only, nothing of the page.

/** @typedef {{size: number}} Sized */

/** @template {Sized} Row */
export class Column {
  #before;

  /** @param {(a: Row, b: Row) => boolean} before the order */
  constructor(before) {
    this.#before = before;
    this.clear();
  }

  clear() {
    /** @type {Row[]} */ this.list = [];
    this.from = 0;
    this.to = 0;
    /** px of the rows before those that are shown */ this.above = 0;
    /** px of the rows after them */ this.below = 0;
  }

  get length() {
    return this.list.length;
  }

  /** Where a row stands, -1 if it does not. @param {Row} row */
  at(row) {
    const at = this.#placeOf(row) - 1;
    return this.list[at] === row ? at : this.list.indexOf(row);
  }

  // New rows mostly belong to the end.
  #placeOf(row) {
    let low = 0;
    let high = this.list.length;
    if (high && !this.#before(row, this.list[high - 1])) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#before(row, this.list[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @param {Row} row @returns {number} its place */
  insert(row) {
    const at = this.#placeOf(row);
    this.list.splice(at, 0, row);
    if (at <= this.from) this.#shift(1, row.size);
    else if (at < this.to) this.to += 1;
    else this.below += row.size;
    return at;
  }

  /** @param {Row} row @returns {number} the place it had, -1 if it had none */
  remove(row) {
    const at = this.at(row);
    if (at < 0) return at;
    this.list.splice(at, 1);
    if (at < this.from) this.#shift(-1, -row.size);
    else if (at < this.to) this.to -= 1;
    else this.below -= row.size;
    return at;
  }

  #shift(rows, px) {
    this.from += rows;
    this.to += rows;
    this.above += px;
  }

  /** Show others. @param {number} from @param {number} to */
  move(from, to) {
    const { list } = this;
    while (this.from < from) this.above += list[this.from++].size;
    while (this.from > from) this.above -= list[(this.from -= 1)].size;
    while (this.to < to) this.below -= list[this.to++].size;
    while (this.to > to) this.below += list[(this.to -= 1)].size;
    if (from === 0) this.above = 0;
    if (to === list.length) this.below = 0;
  }

  /** Give each row its height anew. @param {(row: Row) => number} sizeOf */
  resize(sizeOf) {
    this.above = 0;
    this.below = 0;
    this.list.forEach((row, at) => {
      row.size = sizeOf(row);
      if (at < this.from) this.above += row.size;
      else if (at >= this.to) this.below += row.size;
    });
  }

  /** px from the top of all rows to the row at a place @param {number} at */
  offset(at) {
    let y = this.above;
    for (let n = this.from; n < at; n += 1) y += this.list[n].size;
    for (let n = this.from; n > at; n -= 1) y -= this.list[n - 1].size;
    return y;
  }

  /** px of all rows */
  get height() {
    return this.offset(this.to) + this.below;
  }

  /** The row that stands so many px below the top, and its own distance from there. @param {number} y */
  rowAt(y) {
    const { list } = this;
    let at = this.from;
    let top = this.above;
    while (at > 0 && top > y) top -= list[(at -= 1)].size;
    while (at < list.length - 1 && top + list[at].size < y) top += list[at++].size;
    return { row: list[at], top };
  }

  /** Which rows lie between two heights. @param {number} top @param {number} bottom @returns {[number, number]} */
  between(top, bottom) {
    const { list } = this;
    let from = this.from;
    let y = this.above;
    while (from > 0 && y > top) y -= list[(from -= 1)].size;
    while (from < list.length && y + list[from].size < top) y += list[from++].size;
    let to = from;
    while (to < list.length && y < bottom) y += list[to++].size;
    return [from, to];
  }
}
