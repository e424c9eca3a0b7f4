// Stars: a record is marked in the list and above its transcript, and both show the same.
import { el, icon } from "../ui/dom.js";
import { page, say } from "./words.js";

/** Marks on the page are kept without loading it anew; without scripts they are a form's buttons. */
export function keepStars() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-star]");
    if (!button) return;
    event.preventDefault();
    if (button.getAttribute("aria-busy") !== "true") keep(button);
  });
}

async function keep(button) {
  const starred = button.value === "1";
  const all = document.querySelectorAll(`[data-star="${CSS.escape(button.dataset.star)}"]`);
  show(all, starred);
  button.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams({ starred: starred ? "1" : "0" });
    const headers = { Accept: "application/json", "X-CSRFToken": page.csrf };
    const answer = await fetch(button.formAction, { method: "POST", body, headers, keepalive: true });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    tellFailed(false);
  } catch {
    show(all, !starred);
    tellFailed(true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function show(buttons, starred) {
  for (const button of buttons) {
    button.value = starred ? "0" : "1";
    button.setAttribute("aria-pressed", String(starred));
  }
}

function tellFailed(has) {
  document.getElementById("star-failed")?.remove();
  if (!has) return;
  const told = el("p", { class: "banner late", role: "alert", id: "star-failed" }, icon("alert", "small"), el("span", {}, say("star_failed")));
  document.querySelector("main").prepend(told);
}
