// The emoji that conversations of this kind need, in a popover.
import { el } from "../ui/dom.js";

const EMOJI =
  "😀 😄 😁 😅 😂 🙂 😉 😊 😍 😘 🤗 🤔 😐 🙄 😏 😴 😪 😮 😲 😕 🙁 😢 😭 😤 😡 🥺 😱 😳 🤒 🤝 👍 👎 👌 ✌️ 🙏 👏 💪 👋 ☝️ 👀 ❤️ 💔 🌹 🎉 🎁 ⭐ 🔥 ✅ ❌ ❓ ❗ ⏰ 📦 🚚 🧾 💰 💳 📷 📞 ☕".split(
    " ",
  );

/**
 * @param {HTMLElement} sheet where they stand
 * @param {Object<string,string>} words
 * @param {(emoji: string) => void} choose
 * @returns {{toggle: (button: HTMLElement) => void}}
 */
export function emojiSheet(sheet, words, choose) {
  sheet.setAttribute("aria-label", words.emoji);
  sheet.append(...EMOJI.map((emoji) => el("button", { type: "button", class: "emoji-button" }, emoji)));
  const byHand = !("popover" in HTMLElement.prototype);
  const close = (button) => {
    if (byHand) sheet.hidden = true;
    else sheet.hidePopover();
    button?.setAttribute("aria-expanded", "false");
  };
  let opener = null;
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    choose(button.textContent);
    close(opener);
  });
  sheet.addEventListener("keydown", (event) => move(sheet, event));
  sheet.addEventListener("toggle", (event) =>
    opener?.setAttribute("aria-expanded", String(event.newState === "open")),
  );
  if (byHand) {
    sheet.removeAttribute("popover");
    sheet.hidden = true;
    document.addEventListener(
      "click",
      (event) => !sheet.contains(event.target) && !opener?.contains(event.target) && close(opener),
    );
  }
  return {
    toggle(button) {
      opener = button;
      if (!byHand) sheet.togglePopover();
      else sheet.hidden = !sheet.hidden;
      sheet.querySelector("button").focus({ preventScroll: true });
    },
  };
}

// Arrows walk through the sheet as it is seen.
function move(sheet, event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(sheet), ArrowUp: -columns(sheet) };
  const step = steps[event.key];
  const all = [...sheet.querySelectorAll("button")];
  const next = step && all[all.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const columns = (sheet) => getComputedStyle(sheet).gridTemplateColumns.split(" ").length;
