// Keys of the desk (D-13). They are silent while somebody writes or chooses Chinese words, but for those with Alt.
import { keep, kept } from "./keeping.js";

const OFF = "csdesk-desk-keys-off";

export class Shortcuts {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, parts) {
    Object.assign(this, { bench, parts });
    this.help = document.getElementById("help");
    this.single = document.getElementById("single-keys");
    this.single.checked = kept(OFF) !== "1";
    this.single.addEventListener("change", () => keep(OFF, this.single.checked ? "" : "1"));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    const action = event.altKey ? this.#withAlt(event.code) : this.#alone(event);
    if (!action) return;
    event.preventDefault();
    // Who goes on by single letters must not find the next one among the words to a customer.
    if (this.single.checked && !isWriting(event.target)) this.bench.walk(action);
    else action();
  }

  // By place and not by letter: Alt makes other letters on many keyboards.
  #withAlt(code) {
    if (code === "KeyE") return () => this.bench.endSoon(this.bench.chosenId);
    return code.startsWith("Key") ? this.#actions[code.slice(3).toLowerCase()] : undefined;
  }

  // Single letters can be switched off: some speak to their computer or hit keys by chance (WCAG 2.1.4).
  #alone({ key, target }) {
    if (isWriting(target)) return undefined;
    if (key === "?") return () => this.help.showModal();
    return this.single.checked ? this.#actions[key.toLowerCase()] : undefined;
  }

  #actions = {
    j: () => this.bench.step(1),
    k: () => this.bench.step(-1),
    u: () => this.bench.nextUnread(),
    a: () => this.parts.offers.acceptFirst(),
    r: () => this.parts.composer.write("reply"),
    n: () => (this.bench.chosen?.place === "serving" ? this.parts.composer.write("note") : this.parts.side.note()),
    t: () => this.parts.transfer.openFor(this.bench.chosen),
    s: () => this.parts.summing.openChosen(),
    f: () => this.parts.availability.toggle(),
    "/": () => this.parts.side.search(),
  };
}

function isWriting(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}
