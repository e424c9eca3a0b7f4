// Very long words are folded to a screenful; all of them stay in the page, to be selected and read out.
import { el } from "./dom.js";

const ROWS = 20; // about; thread.css has the height
const WIDTH = 44; // letters in a row of the narrowest bubble; a Chinese one is as wide as two
const opened = new WeakSet();

// How many rows the words take at most.
function rows(text) {
  let count = 0;
  for (const line of text.split("\n")) {
    if (count > ROWS) break;
    const wide = line.match(/[\u2e80-\uffef]/g)?.length || 0;
    count += Math.max(1, Math.ceil((line.length + wide) / WIDTH));
  }
  return count;
}

/**
 * Fold the lines of a bubble when they are many.
 * @param {HTMLElement} lines
 * @param {string} text that stands in them
 * @param {{show_all: string, show_less: string}} words
 * @param {object} [message] remembered as opened
 * @returns {HTMLElement|null} the button that unfolds them
 */
export function folded(lines, text, words, message) {
  if (rows(text) <= ROWS || !words) return null;
  const button = el("button", { type: "button", class: "unfold", hidden: true });
  let open = Boolean(message && opened.has(message));
  const show = (now) => {
    open = now;
    if (message && open) opened.add(message);
    else if (message) opened.delete(message);
    lines.classList.toggle("folded", !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? words.show_less : words.show_all;
  };
  show(open);
  button.hidden = !open;
  button.addEventListener("click", () => {
    show(!open);
    if (!open) lines.parentElement.scrollIntoView({ block: "nearest" });
  });
  // A link inside that is reached by the keyboard must be seen.
  lines.addEventListener("focusin", () => open || show(true));
  // Whether anything is hidden depends on the width.
  new ResizeObserver(() => {
    if (!open) button.hidden = lines.scrollHeight <= lines.clientHeight + 4;
  }).observe(lines);
  return button;
}
