// The head of the bot's pages: how the bot stands, its switch, the dialog that publishes, questions before an act.

const SOON_MS = 1_000;
const EVERY_MS = 10_000;

const place = document.querySelector("[data-bot-state]");
const dialog = document.getElementById("publish");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
let timer = 0;

if (place) {
  schedule();
  place.addEventListener("change", (event) => {
    if (event.target.matches("[data-bot-switch]")) turn(event.target);
  });
  document.addEventListener("bot:changed", renew);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) renew();
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-publish]");
  if (link && dialog && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openPublish(link.href);
  }
  if (event.target.closest("[data-dialog-close]")) {
    const open = event.target.closest("dialog");
    if (open) open.close();
    else history.back();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-publish-form]") && form.closest("dialog")) {
    event.preventDefault();
    publish(form);
  } else if (form.matches("[data-confirm]") && !form.isConfirmed) {
    event.preventDefault();
    confirm(form);
  }
});

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(renew, place.querySelector("[data-soon]") ? SOON_MS : EVERY_MS);
}

/** Shows the line as it is now; a page that lists releases is loaded anew when one is done. */
async function renew() {
  if (!document.hidden) {
    try {
      const answer = await fetch(place.dataset.botState, { headers: { Accept: "text/html" } });
      if (answer.redirected) location.reload(); // signed out
      if (answer.ok) show(await answer.text());
    } catch {
      // Without a network the line stays as it was; the next look comes soon enough.
    }
  }
  schedule();
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const wasBuilding = Boolean(place.querySelector("progress"));
  // What somebody holds with the keyboard is not taken away for the same words.
  if (fresh.innerHTML.trim() === place.innerHTML.trim()) return;
  const held = place.contains(document.activeElement) && document.activeElement.matches("[data-bot-switch]");
  place.replaceChildren(...fresh.childNodes);
  if (held) place.querySelector("[data-bot-switch]").focus();
  if (wasBuilding && !place.querySelector("progress")) {
    document.dispatchEvent(new CustomEvent("bot:built"));
    if (document.querySelector(".releases, .comparison")) location.reload();
  }
}

async function turn(input) {
  const body = new URLSearchParams({ on: input.checked ? "1" : "0", csrfmiddlewaretoken: token() });
  try {
    const answer = await fetch(place.dataset.switch, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
  } catch {
    input.checked = !input.checked;
  }
  schedule();
}

async function openPublish(address) {
  try {
    const answer = await fetch(`${address}?part`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    fill(await answer.text());
    dialog.showModal();
    dialog.querySelector("[name=description]")?.focus();
  } catch {
    location.assign(address);
  }
}

function fill(html) {
  const title = document.createElement("h2");
  title.textContent = dialog.getAttribute("aria-label");
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  dialog.replaceChildren(title, ...fresh.childNodes);
}

async function publish(form) {
  const button = form.querySelector("[type=submit]");
  if (!button) return; // there is nothing to publish
  button.disabled = true;
  try {
    const answer = await fetch(`${form.action}?part`, { method: "POST", body: new FormData(form) });
    if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) {
      dialog.close();
      if (document.querySelector(".releases") || document.querySelector(".page .empty [data-publish]")) location.reload();
      else await renew();
    } else fill(await answer.text());
  } catch {
    button.disabled = false;
  }
}

/** Asks before the form is sent. */
function confirm(form) {
  const asked = document.createElement("dialog");
  asked.className = "dialog";
  const words = document.createElement("p");
  words.textContent = form.dataset.confirm;
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  const yes = document.createElement("button");
  yes.className = "button primary";
  yes.textContent = form.dataset.confirmYes;
  const no = document.createElement("button");
  no.className = "button quiet";
  no.textContent = form.dataset.confirmNo ?? "";
  yes.addEventListener("click", () => {
    form.isConfirmed = true;
    form.requestSubmit();
  });
  no.addEventListener("click", () => asked.close());
  asked.addEventListener("close", () => asked.remove());
  buttons.append(no, yes);
  asked.append(words, buttons);
  document.body.append(asked);
  asked.showModal();
}
