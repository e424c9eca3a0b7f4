// Settings: what customers will see while the values change, rows of days, one day's hours for others.
import { card } from "../ui/cards.js";
import { PreChat } from "../visitor/pre-chat.js";

const WAIT_MS = 250;

for (const place of document.querySelectorAll("[data-preview]")) follow(place);
for (const rows of document.querySelectorAll("[data-rows]")) growing(rows);
for (const week of document.querySelectorAll("[data-week]")) copying(week);

/** Renews the preview a moment after each change; an answer that is overtaken is dropped. */
function follow(place) {
  const form = document.querySelector("form.sheet");
  let timer = 0;
  let asked = null;
  draw(place);
  const renew = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const body = new FormData(form);
      const answer = await fetch(place.dataset.preview, { method: "POST", body, signal: asked.signal });
      if (answer.redirected) location.reload(); // signed out
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...fresh.body.childNodes);
      place.classList.remove("stale");
      draw(place);
    } catch (error) {
      if (error.name !== "AbortError") place.classList.add("stale");
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(renew, WAIT_MS);
  };
  form.addEventListener("input", later);
  form.addEventListener("rows", later);
}

/** Cards and forms as the customer's window draws them; here nothing can be pressed. */
function draw(place) {
  for (const box of place.querySelectorAll("[data-form]")) {
    const words = JSON.parse(box.closest(".talk").dataset.says);
    const nothing = () => {};
    new PreChat({ window: box, words, send: async () => {}, mayFocus: nothing, done: nothing }).show(
      JSON.parse(box.dataset.form),
    );
    box.inert = true;
  }
  for (const box of place.querySelectorAll("[data-card]")) {
    const talk = box.closest(".talk");
    const data = JSON.parse(box.dataset.card);
    const context = {
      message: { id: `preview-${talk.lang}`, message: { data } },
      words: JSON.parse(talk.dataset.says),
      locale: talk.lang,
      side: "customer",
      canAnswer: true,
      answer: () => {},
      rate: async () => {},
    };
    box.replaceChildren(...card(data, context));
    box.inert = true;
  }
}

/** Rows that can be added and removed. Without this there is one empty row for another. */
function growing(rows) {
  const template = rows.querySelector("template");
  const add = rows.querySelector("[data-add-row]");
  const form = rows.closest("form");
  const tell = () => form.dispatchEvent(new Event("rows"));
  const arm = (row) => {
    const remove = row.querySelector("[data-remove-row]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
      row.remove();
      tell();
      (next?.querySelector("[data-remove-row]") ?? add).focus();
    });
  };
  for (const row of rows.querySelectorAll(":scope > [data-row]")) arm(row);
  add.hidden = false;
  add.addEventListener("click", () => {
    const row = template.content.firstElementChild.cloneNode(true);
    template.before(row);
    arm(row);
    row.querySelector("input, select").focus();
  });
}

/** Monday's hours for the other working days at one press. */
function copying(week) {
  const button = week.querySelector("[data-copy-day]");
  const [first, ...others] = week.querySelectorAll("input");
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const other of others.slice(0, 4)) other.value = first.value;
    first.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
