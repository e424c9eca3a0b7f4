// The emoji that conversations of this kind need, on a sheet above the composer.
import { el } from "../ui/dom.js";

const EMOJI =
  "😀 😄 😁 😅 😂 🙂 😉 😊 😍 😘 🤗 🤔 😐 🙄 😏 😴 😪 😮 😲 😕 🙁 😢 😭 😤 😡 🥺 😱 😳 🤒 🤝 👍 👎 👌 ✌️ 🙏 👏 💪 👋 ☝️ 👀 ❤️ 💔 🌹 🎉 🎁 ⭐ 🔥 ✅ ❌ ❓ ❗ ⏰ 📦 🚚 🧾 💰 💳 📷 📞 ☕".split(
    " ",
  );

/**
 * @param {HTMLElement} sheet where they stand
 * @param {object} how
 * @param {HTMLElement} how.button opens and closes it
 * @param {Object<string,string>} how.words
 * @param {AbortSignal} how.signal takes the listeners off again
 * @param {(emoji: string) => void} how.choose
 * @returns {{toggle: () => void}}
 */
export function emojiSheet(sheet, { button, words, signal, choose }) {
  sheet.setAttribute("aria-label", words.emoji);
  sheet.append(...EMOJI.map((emoji) => el("button", { type: "button", class: "emoji-button" }, emoji)));
  const show = (open) => {
    sheet.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  sheet.addEventListener("click", ({ target }) => {
    const chosen = target.closest("button");
    if (!chosen) return;
    show(false);
    choose(chosen.textContent);
  });
  sheet.addEventListener("keydown", (event) => {
    move(sheet, event);
    if (event.key !== "Escape") return;
    event.preventDefault();
    show(false);
    button.focus();
  });
  document.addEventListener(
    "click",
    (event) => {
      const path = event.composedPath();
      if (!path.includes(sheet) && !path.includes(button)) show(false);
    },
    { signal },
  );
  return {
    toggle() {
      show(sheet.hidden);
      if (!sheet.hidden) sheet.querySelector("button").focus({ preventScroll: true });
    },
  };
}

// Arrows walk through the sheet as it is seen.
function move(sheet, event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(sheet), ArrowUp: -columns(sheet) };
  const step = steps[event.key];
  const all = [...sheet.querySelectorAll("button")];
  const next = step && all[all.indexOf(sheet.getRootNode().activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const columns = (sheet) => getComputedStyle(sheet).gridTemplateColumns.split(" ").length;
