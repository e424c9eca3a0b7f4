// A form of the server's in a dialog: what it refuses comes back in it, and when it is saved the dialog goes.
import { el, icon } from "../ui/dom.js";

/**
 * @param {string} address of a page that answers `part=form` with its form, and 204 when it is saved
 * @param {{failed: string, close: string, saved: () => void}} how `failed`: what to say when nothing could be
 *   reached; `close`: the word that then leads back
 */
export async function openForm(address, { failed, close, saved }) {
  if (document.getElementById("customer-form")) return;
  const dialog = el("dialog", { class: "dialog wide", id: "customer-form" });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-cancel]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target);
  });
  document.body.append(dialog);
  await ask(address, {});

  async function ask(where, options) {
    const wanted = new URL(where, location.href);
    wanted.searchParams.set("part", "form");
    try {
      const answer = await fetch(wanted, options);
      // Signed out meanwhile: the way leads over the sign-in.
      if (answer.redirected) return location.assign(where);
      if (answer.status === 204) {
        dialog.close();
        return saved();
      }
      if (!answer.ok && ![400, 404, 409].includes(answer.status)) throw new Error(String(answer.status));
      dialog.innerHTML = await answer.text();
      growAttributes(dialog);
      nameAfterTitle(dialog);
    } catch {
      tell();
    }
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[role=alert]"))?.focus();
  }

  async function send(form) {
    const button = form.querySelector(".buttons button");
    button.disabled = true;
    await ask(form.action, { method: "POST", body: new FormData(form) });
    button.disabled = false;
  }

  /** What was typed stays; the message stands above it. */
  function tell() {
    const words = el("p", { class: "banner late", role: "alert" }, icon("alert", "small"), el("span", {}, failed));
    dialog.querySelector(".unreached")?.remove();
    words.classList.add("unreached");
    dialog.prepend(words);
    if (!dialog.querySelector("form")) dialog.append(el("div", { class: "buttons" }, el("button", { type: "button", class: "button", data: { cancel: "" } }, close)));
  }
}

function nameAfterTitle(dialog) {
  const title = dialog.querySelector("h2");
  if (!title) return;
  title.id = "customer-form-title";
  dialog.setAttribute("aria-labelledby", title.id);
}

/** There is always one empty attribute left to write into. */
export function growAttributes(place) {
  for (const list of place.querySelectorAll(".attributes")) {
    list.addEventListener("input", () => {
      const rows = list.querySelectorAll(".attribute");
      const last = rows[rows.length - 1];
      if (![...last.querySelectorAll("input")].some((field) => field.value)) return;
      const next = last.cloneNode(true);
      for (const field of next.querySelectorAll("input")) field.value = "";
      last.after(next);
    });
  }
}
