// Rich text: a switch in the composer, and below the box how the customer will see it (D-3).
import { keep, kept } from "./keeping.js";

const SIGNS = /(^|\n)\s{0,3}(#{1,3} |[-*+] |\d+[.)] |> |```)|\*\*\S|\[[^\]\n]+\]\(|`[^`\n]+`/;

export class RichText {
  /** @param {HTMLTextAreaElement} box @param {() => string} session whose draft it is */
  constructor(box, session) {
    Object.assign(this, { box, session, isOn: false, drawn: 0 });
    this.preview = document.getElementById("rich-preview");
    this.body = this.preview.querySelector(".bubble");
    this.button = document.getElementById("rich-text");
    this.button.addEventListener("click", () => {
      this.#set(!this.isOn);
      box.focus();
    });
  }

  /** The draft of another session or mode is shown. @param {boolean} isPossible */
  show(isPossible) {
    this.button.disabled = !isPossible;
    this.isOn = isPossible && kept(this.#key) === "1";
    this.draw();
  }

  /** The message has gone: the next is plain again. */
  clear() {
    this.#set(false);
  }

  get #key() {
    return `csdesk-draft-rich:${this.session()}`;
  }

  #set(isOn) {
    this.isOn = isOn;
    keep(this.#key, isOn ? "1" : "");
    this.draw();
  }

  async draw() {
    const text = this.box.value.trim();
    this.button.setAttribute("aria-pressed", String(this.isOn));
    // Who writes like that may mean it so.
    this.button.classList.toggle("hints", !this.isOn && SIGNS.test(text));
    this.preview.hidden = !this.isOn || !text;
    if (this.preview.hidden) return;
    const turn = (this.drawn += 1);
    const { markdown } = await import("../ui/markdown.js");
    if (turn === this.drawn) this.body.replaceChildren(...markdown(this.box.value));
  }
}
