// Keys of the desk (D-13). They are silent while somebody writes, but for those with Alt.
export class Shortcuts {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { offers, side }) {
    Object.assign(this, { bench, offers, side });
    this.help = document.getElementById("help");
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const action = event.altKey ? this.#withAlt(event.code) : !isWriting(event.target) && this.#alone(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }

  // By place and not by letter: Alt makes other letters on many keyboards.
  #withAlt(code) {
    return {
      KeyE: () => this.bench.endSoon(this.bench.chosenId),
      KeyJ: () => this.bench.step(1),
      KeyK: () => this.bench.step(-1),
      KeyA: () => this.offers.acceptFirst(),
    }[code];
  }

  #alone(key) {
    return {
      j: () => this.bench.step(1),
      k: () => this.bench.step(-1),
      a: () => this.offers.acceptFirst(),
      r: () => document.getElementById("reply").focus(),
      "/": () => this.side.search(),
      "?": () => this.help.showModal(),
    }[key.toLowerCase()];
  }
}

function isWriting(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}
