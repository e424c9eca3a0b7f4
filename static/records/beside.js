// What a row of a list stands for, opened beside the list where there is room for both.
import { el, icon } from "../ui/dom.js";
import { say } from "./words.js";

const wide = matchMedia("(min-width: 1024px)");
let loading = null;

/**
 * Rows `.record` with a link `.record-open` open in the pane; elsewhere the links are followed as usual.
 * @param {HTMLElement} pane
 * @param {{part: string, drawn?: (pane: HTMLElement) => void}} how `part`: what the row's address is asked for
 */
export function openBeside(pane, { part, drawn = () => {} }) {
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(".records-list .record");
    const link = event.target.closest?.(".record-open");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!row || !link || !plain || !wide.matches) return;
    event.preventDefault();
    open(row, link.href);
  });
  document.addEventListener("keydown", walk);
  addEventListener("popstate", () => location.reload());

  async function open(row, address) {
    loading?.abort();
    loading = new AbortController();
    const { signal } = loading;
    for (const other of document.querySelectorAll(".record[aria-current]")) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    const waiting = setTimeout(() => pane.replaceChildren(el("div", { class: "loading", role: "status", "aria-label": say("loading") }, el("i"), el("i"), el("i"))), 150);
    try {
      const wanted = new URL(address);
      wanted.searchParams.set("part", part);
      const answer = await fetch(wanted, { signal });
      // Signed out meanwhile: the way leads over the sign-in.
      if (answer.redirected) return location.assign(address);
      // A page that says no is shown as it is.
      if (!answer.ok && ![403, 404, 503].includes(answer.status)) throw new Error(String(answer.status));
      const text = await answer.text();
      clearTimeout(waiting);
      pane.innerHTML = text;
      pane.parentElement.classList.add("opened");
      drawn(pane);
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
