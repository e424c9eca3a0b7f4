// Pictures beside words: those of others come at an own address, made for the reader, or not at all.
import { el } from "./dom.js";

const ADDRESS_LIFE_MS = 50 * 60_000; // own addresses live an hour

/** Whether addresses got at this time have run out. @param {number} [gotAt] */
export const hasRunOut = (gotAt) => Boolean(gotAt) && Date.now() - gotAt > ADDRESS_LIFE_MS;

/**
 * A picture of others at its own address; a quiet sign stands in its place where there is none.
 * @param {string|undefined} address
 * @param {Node|string} sign
 * @param {{gotAt?: number, stale?: () => void, alt?: string, class?: string}} [how] `stale` gets a fresh address
 * @returns {Node|string}
 */
export function ownPicture(address, sign, how = {}) {
  if (!address) return sign;
  if (how.stale && hasRunOut(how.gotAt)) {
    how.stale();
    return sign;
  }
  const image = el("img", { src: address, alt: how.alt ?? "", class: how.class, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(sign), { once: true });
  return image;
}

/**
 * Open a picture over the page when its link is pressed; what is opened elsewhere by hand is left to the browser.
 * @param {MouseEvent} event
 * @param {HTMLImageElement} image
 * @param {{name: string, url: string, width?: number, height?: number}} held
 * @param {Object<string,string>} words
 */
export function look(event, image, held, words) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !("showModal" in document.createElement("dialog")))
    return;
  event.preventDefault();
  import("./viewer.js").then(
    ({ view }) => view(image, held, words),
    () => open(held.url, "_blank", "noopener"),
  );
}
