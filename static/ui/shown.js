// Rows in the page: comes, goes, is drawn anew, and stays where it is in use though its place is out of sight.
import { isFilledIn, isInUse, takeOver } from "./staying.js";

export class Shown {
  #root;
  #column;
  #does;
  #stamp = 0;

  /**
   * @param {HTMLElement} root the rows become its children
   * @param {import("./column.js").Column} column
   * @param {{draw: (row: object) => void, dress: (at: number) => void}} does see Rows
   */
  constructor(root, column, does) {
    this.#root = root;
    this.#column = column;
    this.#does = does;
    /** @type {import("./rows.js").Row[]} those in their places */ this.rows = [];
    /** @type {Set<import("./rows.js").Row>} in the page, but far from what is in sight */ this.away = new Set();
  }

  clear() {
    this.rows = [];
    this.away.clear();
    this.#root.replaceChildren();
  }

  /** These of the column stand in the page now, in their places. @param {number} from @param {number} to */
  show(from, to) {
    this.#column.move(from, to);
    const rows = this.#column.list.slice(from, to);
    this.#stamp += 1;
    for (const row of rows) row.stamp = this.#stamp;
    for (const row of this.rows) if (row.stamp !== this.#stamp) this.#leave(row);
    for (const row of this.away) this.#comeBackOrLeave(row);
    this.rows = rows;
    this.#root.hidden = !rows.length; // what is not there yet does not move when it comes
    let next = this.#awayAfter(to);
    for (let n = rows.length - 1; n >= 0; n -= 1) {
      this.#bring(rows[n], next);
      next = rows[n].dayLine || rows[n].node;
    }
    rows.forEach((row, n) => {
      if (!row.isUndressed) return;
      row.isUndressed = false;
      this.#does.dress(from + n);
    });
  }

  /** Put a row into the page though it is out of sight, until it is seen or another is asked for. @param {object} row */
  ask(row) {
    for (const other of this.away) other.isAsked = false;
    row.isAsked = true;
    this.#draw(row);
    this.#setAway(row);
    this.placeAway();
  }

  #draw(row) {
    if (row.node) return;
    this.#does.draw(row);
    row.isUndressed = true;
  }

  #bring(row, next) {
    if (row.isIn && row.isDirty) {
      const old = row.node;
      row.node = null;
      this.#draw(row);
      if (row.node !== old) takeOver(old, row.node);
    }
    row.isDirty = false;
    this.#draw(row);
    if (row.isIn) return;
    this.#root.insertBefore(row.node, next);
    row.isIn = row.isUndressed = true;
  }

  // What is typed, heard or holds the focus does not go away with its row.
  #leave(row) {
    row.dayLine?.remove();
    row.dayLine = null;
    if (!row.isGone && isInUse(row.node)) this.#setAway(row);
    else this.#takeOut(row);
  }

  #takeOut(row) {
    this.away.delete(row);
    row.node.remove();
    row.isIn = row.isAway = false;
    if (row.isGone || row.isDirty || !isFilledIn(row.node)) row.node = null;
  }

  #setAway(row) {
    if (!row.isIn) this.#root.insertBefore(row.node, this.#firstAfter(this.#column.at(row)));
    row.isIn = row.isAway = true;
    this.away.add(row);
    row.node.classList.add("away");
  }

  #firstAfter(at) {
    if (at < this.#column.from) return this.rows[0] ? this.rows[0].dayLine || this.rows[0].node : null;
    return this.#awayAfter(at + 1);
  }

  #awayAfter(to) {
    if (!this.away.size) return null;
    const later = Array.from(this.away, (row) => this.#column.at(row)).filter((at) => at >= to);
    return later.length ? this.#column.list[Math.min(...later)].node : null;
  }

  #comeBackOrLeave(row) {
    if (row.stamp === this.#stamp) {
      this.away.delete(row);
      row.isAway = row.isAsked = false;
      row.isUndressed = true;
      row.node.classList.remove("away");
      row.node.style.top = "";
    } else if (row.isGone || !(row.isAsked || isInUse(row.node))) this.#takeOut(row);
  }

  /** Where those that are away would stand. */
  placeAway() {
    for (const row of this.away) row.node.style.top = `${this.#column.offset(this.#column.at(row))}px`;
  }
}
