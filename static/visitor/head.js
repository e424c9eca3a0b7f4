// The window's head: who one talks with, or where one stands.
import { el, fill, icon } from "../ui/dom.js";
import { ownPicture } from "../ui/pictures.js";

export class Head {
  #words;
  #state;
  #view = null;
  #link = "idle";
  #channel = {};

  /** @param {{state: HTMLElement, words: Object<string,string>}} options `state` is the line that tells it */
  constructor({ state, words }) {
    this.#state = state;
    this.#words = words;
  }

  /** @param {string} link of the library's state */
  set link(link) {
    this.#link = link;
    this.#state.dataset.link = link;
    this.show(this.#view);
  }

  /** @param {{staffed?: boolean, bot?: boolean}|null} channel as `ready` tells who is there */
  set channel(channel) {
    this.#channel = channel || {};
    this.show(this.#view);
  }

  get #live() {
    return this.#link === "live";
  }

  /** The service's own picture, at the address made for the reader. @param {string|undefined} address */
  picture(address) {
    const face = this.#state.closest("header").querySelector(":scope > .avatar");
    if (address) face.replaceChildren(ownPicture(address, document.createTextNode(face.textContent)));
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
        view.position ? fill(words.state_queued, { n: view.position }) : words.state_called,
      ];
    if (state === "serving" && view.agent) {
      const { name, staffNo } = view.agent;
      return [
        this.#presence(),
        fill(staffNo ? words.state_serving : words.state_serving_name, { name, no: staffNo }),
      ];
    }
    if (state === "closed") return [this.#presence("away"), words.state_closed];
    if (!this.#live) return [this.#presence("away"), words.state_connecting];
    if (this.#channel.bot) return [this.#presence(), words.state_bot];
    if (this.#channel.staffed === false) return [this.#presence("away"), words.state_unstaffed];
    return [this.#presence(), words.state_flow];
  }

  #presence(kind = "") {
    return el("i", { class: `presence ${this.#live ? kind : "away"}`.trim() });
  }
}
