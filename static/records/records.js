// The pages of the service records: a transcript beside the list where there is room for both.
import { el, icon } from "../ui/dom.js";
import { stayOnDuty } from "./duty.js";
import { keepStars } from "./stars.js";
import { drawTranscript } from "./transcript.js";
import { page, say } from "./words.js";

const pane = document.getElementById("transcript");
const wide = matchMedia("(min-width: 1024px)");
let loading = null;

if (pane) drawTranscript(pane);
if (page.on_duty) stayOnDuty();
keepStars();
document.addEventListener("click", follow);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", walk);
document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(event));
addEventListener("popstate", () => location.reload());

/** Opens a record beside the list; everywhere else the link is followed as usual. */
function follow(event) {
  const row = event.target.closest?.(".records-list .record");
  const link = event.target.closest?.(".record-open");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!row || !link || !plain || !wide.matches) return;
  event.preventDefault();
  open(row, link.href);
}

async function open(row, address) {
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  for (const other of document.querySelectorAll(".record[aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  const waiting = setTimeout(() => pane.replaceChildren(el("div", { class: "loading", role: "status", "aria-label": say("loading") }, el("i"), el("i"), el("i"))), 150);
  try {
    const wanted = new URL(address);
    wanted.searchParams.set("part", "transcript");
    const answer = await fetch(wanted, { signal });
    // Signed out meanwhile: the way leads over the sign-in.
    if (answer.redirected) return location.assign(address);
    if (!answer.ok && answer.status !== 404 && answer.status !== 503) throw new Error(String(answer.status));
    const text = await answer.text();
    clearTimeout(waiting);
    pane.innerHTML = text;
    pane.parentElement.classList.add("opened");
    drawTranscript(pane);
    const shown = new URL(location.href);
    shown.searchParams.set("open", row.dataset.record);
    if (shown.href !== location.href) history.pushState(null, "", shown);
  } catch (error) {
    if (error.name === "AbortError") return;
    failed(row, address);
  } finally {
    clearTimeout(waiting);
  }
}

function failed(row, address) {
  const again = el("button", { type: "button", class: "button small", onclick: () => open(row, address) }, say("retry"));
  pane.replaceChildren(el("p", { class: "banner late", role: "alert" }, icon("alert", "small"), el("span", {}, say("load_failed")), again));
}

/** Arrows lead from row to row, as in any list. */
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.matches?.(".record-open") || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...document.querySelectorAll(".record-open")];
  const next = links[links.indexOf(event.target) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Open menus go away with a click elsewhere or Escape. */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "click" && menu.contains(event.target)) continue;
    menu.open = false;
    if (event.type === "keydown") menu.querySelector("summary").focus();
  }
}
