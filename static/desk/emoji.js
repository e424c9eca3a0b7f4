// A small palette of emoji.
import { el } from "../ui/dom.js";

const PALETTE = [..."😀😄😁😅😂🙂😊😉😍🥰😘😋🤔🤗🙏👍👎👌✌️👏💪🤝👋❤️💔🎉🎁🌹☕😮😢😭😓😡😱🙄😴🤒✅❌❓❗⭐🔥📦🚚📞📧💳🧾🕐📍"].reduce(
  // A variation selector belongs to the sign before it.
  (list, sign) => (sign === "\ufe0f" ? [...list.slice(0, -1), list.at(-1) + sign] : [...list, sign]),
  [],
);

/** Fills a popover with the palette. @param {HTMLElement} sheet @param {(sign: string) => void} use */
export function fillPalette(sheet, use) {
  const choose = (event) => {
    const sign = event.target.closest("button")?.textContent;
    if (sign) use(sign);
  };
  sheet.addEventListener("click", choose);
  sheet.replaceChildren(...PALETTE.map((sign) => el("button", { type: "button" }, sign)));
}
