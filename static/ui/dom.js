// Building the page from data. Words of others only ever become text nodes or checked addresses.

/** @typedef {Node|string|number|null|undefined|false} Child */

/**
 * An element with properties, attributes and children.
 * Keys that start with "on" are listeners, `class` and `data` are what they say; a value of
 * null or false is left out. Text never becomes markup.
 * @param {string} tag
 * @param {Object<string, *>} [props]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(
    ...children
      .flat()
      .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
      .map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("./icons.svg", import.meta.url);

// The symbols are copied into the icons, so they are there in shadow roots, too, on the pages
// of other sites, and without a network.
let symbols = null;
const waiting = new Map(); // icons that were wanted before the sprite was here

async function bringSprite() {
  const answer = await fetch(SPRITE);
  if (!answer.ok) return;
  const sprite = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  if (sprite.nodeName !== "svg") return;
  symbols = new Map(Array.from(sprite.querySelectorAll("symbol"), (symbol) => [symbol.id, symbol]));
  for (const [svg, name] of waiting) draw(svg, name);
  waiting.clear();
}
const spriteCame = bringSprite().catch(() => {}); // then each symbol is fetched by itself

function draw(svg, name) {
  const symbol = symbols.get(`i-${name}`);
  if (!symbol) return;
  svg.setAttribute("viewBox", symbol.getAttribute("viewBox"));
  svg.replaceChildren(...Array.from(symbol.childNodes, (part) => document.importNode(part, true)));
}

/**
 * A symbol of the sprite, such as icon("send").
 * @param {string} name without the leading "i-"
 * @param {string} [size] "small" for 14 px
 */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", size ? `icon ${size}` : "icon");
  svg.setAttribute("aria-hidden", "true");
  if (symbols) {
    draw(svg, name);
    return svg;
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE.origin === location.origin ? SPRITE.pathname : SPRITE.href}#i-${name}`);
  svg.append(use);
  waiting.set(svg, name);
  return svg;
}

/**
 * Draw the icons of markup that was made by the server, where its references do not reach the sprite
 * (pages of other sites).
 * @param {Element|ShadowRoot} root
 */
export async function drawIcons(root) {
  await spriteCame;
  if (!symbols) return;
  for (const use of root.querySelectorAll("svg > use"))
    draw(use.parentNode, use.getAttribute("href").split("#i-")[1] || "");
}

/**
 * The address when it is a plain http(s) one, else null (V-7).
 * @param {*} value
 * @returns {URL|null}
 */
export function safeUrl(value) {
  if (typeof value !== "string" || !/^https?:\/\//i.test(value.trim())) return null;
  try {
    const url = new URL(value.trim());
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

/**
 * A link to somebody else's page; it shows its true host whenever its words do not.
 * @param {URL} url
 * @param {Child[]} children
 * @param {string} [className]
 */
export function link(url, children, className) {
  return el(
    "a",
    { class: className, href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" },
    ...children,
  );
}

/** The host as people read it. @param {URL} url */
export const hostOf = (url) => url.host.replace(/^www\./, "");

const UNSEEN = /[\p{Cc}\p{Cf}]/u;

/**
 * Whether words read as an address with the very host they lead to: no name before it, no letters that only look
 * like others, none that are not seen.
 * @param {string} words @param {URL} url
 */
export function tellsHost(words, url) {
  const told = safeUrl(words) ?? safeUrl(`https://${words}`);
  if (!told || told.username || told.password || UNSEEN.test(words)) return false;
  return hostOf(told) === hostOf(url) && words.toLowerCase().includes(hostOf(url));
}

// An address that does not tell where it leads is shown as the browser reads it.
function plainly(address, url) {
  if (tellsHost(address, url)) return address;
  return url.username || url.password ? hostOf(url) : url.href;
}

const ADDRESS = /https?:\/\/[^\s<>"'“”‘’《》「」，。；：！？、（）【】]+/gi;
const TRAILING = /[.,;:!?)\]}*_~]+$/;

/**
 * Text with its addresses turned into links.
 * @param {string} text
 * @returns {Child[]}
 */
export function withLinks(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    let address = match[0];
    const open = (address.match(/\(/g) || []).length;
    const closed = (address.match(/\)/g) || []).length;
    if (open !== closed || !address.endsWith(")")) address = address.replace(TRAILING, "");
    const url = safeUrl(address);
    if (!url) continue;
    parts.push(text.slice(from, match.index));
    parts.push(link(url, [plainly(address, url)]));
    from = match.index + address.length;
  }
  parts.push(text.slice(from));
  return parts.filter(Boolean);
}

/**
 * Words with their gaps filled: fill("{name} is typing", {name}).
 * @param {string} template
 * @param {Object<string, string|number>} [gaps]
 */
export function fill(template, gaps = {}) {
  return String(template ?? "").replace(/\{(\w+)\}/g, (whole, key) =>
    key in gaps ? String(gaps[key]) : whole,
  );
}

const segments = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

/** The characters as people count them. @param {string} text */
export function graphemes(text) {
  return segments ? Array.from(segments.segment(text), (part) => part.segment) : Array.from(text);
}

const DIRECTIONS = /[\u0000-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A file's name without the marks that turn its letters round, so that its end is its end. @param {string} name */
export const plainName = (name) => String(name ?? "").replace(DIRECTIONS, "");

const UNITS = ["B", "kB", "MB", "GB"];

/** A file's size for people. @param {number} bytes @param {string} [locale] */
export function fileSize(bytes, locale) {
  let size = Math.max(0, Number(bytes) || 0);
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toLocaleString(locale, { maximumFractionDigits: size < 10 && unit ? 1 : 0 })} ${UNITS[unit]}`;
}
