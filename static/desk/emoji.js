// A small palette of emoji.
import { el } from "../ui/dom.js";

const PALETTE = [..."😀😄😁😅😂🙂😊😉😍🥰😘😋🤔🤗🙏👍👎👌✌️👏💪🤝👋❤️💔🎉🎁🌹☕😮😢😭😓😡😱🙄😴🤒✅❌❓❗⭐🔥📦🚚📞📧💳🧾🕐📍"].reduce(
  // A variation selector belongs to the sign before it.
  (list, sign) => (sign === "\ufe0f" ? [...list.slice(0, -1), list.at(-1) + sign] : [...list, sign]),
  [],
);

/** Fills a popover with the palette; it opens above its button. @param {HTMLElement} sheet @param {(sign: string) => void} use */
export function fillPalette(sheet, use) {
  const button = document.querySelector(`[popovertarget="${sheet.id}"]`);
  sheet.addEventListener("toggle", (event) => event.newState === "open" && putAbove(sheet, button));
  const choose = (event) => {
    const sign = event.target.closest("button")?.textContent;
    if (sign) use(sign);
  };
  sheet.addEventListener("click", choose);
  sheet.replaceChildren(...PALETTE.map((sign) => el("button", { type: "button" }, sign)));
}

function putAbove(sheet, button) {
  const place = button.getBoundingClientRect();
  const left = Math.min(place.left, window.innerWidth - sheet.offsetWidth - 12);
  sheet.style.setProperty("left", `${Math.max(12, left)}px`);
  sheet.style.setProperty("top", `${Math.max(12, place.top - sheet.offsetHeight - 6)}px`);
}
