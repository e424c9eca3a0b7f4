// A question that waits for an answer.
import { el } from "../ui/dom.js";
import { say } from "./words.js";

/**
 * Asks before something that cannot be taken back.
 * @param {{title: string, text: string, yes: string, isDangerous?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, isDangerous = false }) {
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "ask-title" },
    el("h2", { id: "ask-title" }, title),
    el("p", {}, text),
    el(
      "form",
      { method: "dialog", class: "buttons" },
      el("button", { class: "button", value: "no" }, say("cancel")),
      el("button", { class: isDangerous ? "button danger" : "button primary", value: "yes" }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
