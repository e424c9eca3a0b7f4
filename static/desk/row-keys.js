// The rows of the list by keys: one stop for Tab, arrows from row to row.

const ROW = ".queue-row";

export class RowKeys {
  /** @param {import("./workbench.js").Workbench} bench @param {HTMLElement} area what holds the rows */
  constructor(bench, area) {
    Object.assign(this, { bench, area, stop: null });
    area.addEventListener("keydown", (event) => this.#key(event));
    area.addEventListener("focusin", ({ target }) => target.matches(ROW) && this.#stopAt(target));
    bench.addEventListener("chosen", () => this.settle());
    bench.addEventListener("walked", () => this.#follow());
  }

  /** Rows have come or gone: Tab stops at the chosen one, else where it did, else at the first. */
  settle() {
    if (this.area.contains(document.activeElement) && document.activeElement.matches(ROW)) return;
    const kept = this.stop?.isConnected ? this.stop : null;
    this.#stopAt(this.#chosen ?? kept ?? this.area.querySelector(ROW));
  }

  get #chosen() {
    const { chosenId } = this.bench;
    return chosenId ? this.area.querySelector(`${ROW}[data-session="${CSS.escape(chosenId)}"]`) : null;
  }

  #stopAt(row) {
    if (this.stop !== row) this.stop?.setAttribute("tabindex", "-1");
    this.stop = row;
    row?.setAttribute("tabindex", "0");
  }

  /** The focus goes along with who walks by letters; on a phone the list is not to be seen. */
  #follow() {
    if (this.bench.isNarrow) document.activeElement?.blur();
    else this.#chosen?.focus();
  }

  #key(event) {
    const row = event.target.closest(ROW);
    if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = this.#from(row, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #from(row, key) {
    if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) return null;
    // Those of a folded part are not to be reached.
    const rows = [...this.area.querySelectorAll(ROW)].filter((other) => !other.closest("details:not([open])"));
    const at = rows.indexOf(row);
    return { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows.at(-1) }[key];
  }
}
