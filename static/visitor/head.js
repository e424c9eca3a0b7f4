// The window's head: who one talks with, or where one stands.
import { el, fill, icon } from "../ui/dom.js";

export class Head {
  #words;
  #state = document.querySelector(".window-state");
  #view = null;
  #live = false;

  /** @param {{words: Object<string,string>}} options */
  constructor({ words }) {
    this.#words = words;
  }

  set live(live) {
    this.#live = live;
    this.show(this.#view);
  }

  /** @param {import("../sdk/csdesk-visitor.js").SessionView|null} view */
  show(view) {
    this.#view = view;
    const [sign, text] = this.#say(view);
    this.#state.replaceChildren(sign, el("span", { class: "cut", dir: "auto" }, text));
  }

  #say(view) {
    const words = this.#words;
    const state = view?.state || "";
    if (state === "queued")
      return [
        icon("clock", "small"),
        view.position ? fill(words.state_queued, { n: view.position }) : words.state_queueing,
      ];
    if (state === "serving" && view.agent) {
      const { name, staffNo } = view.agent;
      return [
        this.#presence(),
        fill(staffNo ? words.state_serving : words.state_serving_name, { name, no: staffNo }),
      ];
    }
    if (state === "closed") return [this.#presence("away"), words.state_closed];
    return [this.#presence(this.#live ? "" : "away"), this.#live ? words.state_flow : words.state_connecting];
  }

  #presence(kind = "") {
    return el("i", { class: `presence ${this.#live ? kind : "away"}`.trim() });
  }
}
