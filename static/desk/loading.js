// What stands in a part of the workbench while its content comes, and when it does not come.
import { el, icon } from "../ui/dom.js";
import { say } from "./words.js";

/** Bars that move, for the time being. */
export function loading() {
  return el("div", { class: "loading", role: "status", "aria-label": say("loading") }, el("i"), el("i"), el("i"));
}

/** That it did not come, with a button that tries `again`. */
export function failed(again, words = say("not_loaded")) {
  const button = el("button", { type: "button", class: "button small", onclick: () => again() }, say("retry"));
  return el("p", { class: "banner late" }, icon("alert", "small"), el("span", {}, words), button);
}
