// Faces: a picture of our own, else the first letter of the name on one of five tones.
import { el, graphemes, icon } from "./dom.js";
import { ownPicture } from "./pictures.js";

/** The tone (1–5) that goes with a name, always the same. @param {string} name */
export function tone(name) {
  let sum = 0;
  for (const letter of String(name)) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return (sum % 5) + 1;
}

/** The letter that stands for a name. @param {string} name */
export function initial(name) {
  const word = String(name ?? "").replace(/^[\s\p{P}\p{C}]+/u, "");
  return (graphemes(word.slice(0, 16))[0] || "?").toLocaleUpperCase();
}

/** All visitors without a name would wear the same letter: the first of the four digits they are called by. */
function signOf({ name, visitor_no: number }) {
  return typeof number === "number" ? String(number).padStart(4, "0")[0] : initial(name || "");
}

/**
 * An avatar.
 * @param {{kind?: string, id?: string, name?: string, avatar?: string, picture?: string, visitor_no?: number|null}} person `picture`: own address of
 *   a picture elsewhere; `visitor_no`: of customers without a name, whom their number tells apart; `kind` "bot" draws the bot's sign; the tone goes with the id where there is one
 * @param {{size?: ""|"small"|"large", presence?: string}} [how] `presence`: "", "away", "rest", "busy", "not-ready"
 */
export function avatar(person, { size = "", presence } = {}) {
  const name = person.name || "";
  const box = el("span", {
    class: ["avatar", size, `tone-${person.kind === "bot" ? 1 : tone(person.id || name)}`].filter(Boolean).join(" "),
    "aria-hidden": "true",
  });
  // Pictures of other hosts are not loaded; ours are addressed from the root.
  const own = person.picture || (/^\/static\//.test(person.avatar || "") ? person.avatar : "");
  box.append(ownPicture(own, person.kind === "bot" ? icon("bot", "small") : signOf(person)));
  if (presence !== undefined) box.append(el("i", { class: `presence ${presence}`.trim() }));
  return box;
}
