// The cards of a conversation: one function per `src` (V-7) that turns its data into elements.
import { el, fill, hostOf, icon, link, safeUrl, withLinks } from "./dom.js";
import { markdown } from "./markdown.js";
import { look, ownPicture } from "./pictures.js";
import { now } from "./times.js";

/**
 * What a card may ask of its thread.
 * @typedef {object} CardContext
 * @property {object} message the message frame
 * @property {Object<string,string>} words
 * @property {string} locale
 * @property {"customer"|"seat"} side
 * @property {boolean} canAnswer whether a choice may be pressed now
 * @property {number} [gotAt] when its addresses were made
 * @property {() => void} [stale] asks for the message again with fresh addresses
 * @property {(text: string) => void} answer
 * @property {(choice: {id: string, content: string, comment: string}) => Promise<void>} rate
 */

const KEY_LETTERS = 3;

const text = (value) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const listOf = (value) =>
  Array.isArray(value) ? value.filter((item) => item && typeof item === "object") : [];
const bubble = (...children) => el("div", { class: "bubble", dir: "auto" }, ...children);
const lines = (value) => el("p", { class: "lines" }, ...withLinks(text(value)));

/**
 * The elements of a custom message's data; an empty list when its `src` is none we show.
 * @param {object} data
 * @param {CardContext} context
 * @returns {HTMLElement[]}
 */
export function card(data, context) {
  const draw = CARDS[text(data?.src)];
  return draw ? draw(data, context) : [];
}

const CARDS = {
  9: (data, context) => [rating(data.menuContent || {}, context)],
  15: (data, context) => [choices(data.content || {}, context)],
  21: (data, context) => [form(data.content || {}, context)],
  22: (data, context) => [product(data.content || {}, context)],
  28: (data, context) => [order(data.content || {}, context)],
  29: (data, context) => guided(data, context),
  30: (data, context) => [rich(data, context)],
};

// A press that follows another on the same card this soon is a double tap or a key held down.
const DOUBLE_MS = 1000;
let pressed = { card: null, at: -Infinity };

function isSecondPress(context) {
  const card = context.message.id ?? context.message;
  const at = performance.now();
  const isSecond = pressed.card === card && at - pressed.at < DOUBLE_MS;
  pressed = { card, at };
  return isSecond;
}

function ask(item, context, selected) {
  const content = text(item.content);
  const chosen = selected !== undefined && content === selected;
  return el(
    "button",
    {
      type: "button",
      class: "ask",
      dir: "auto",
      disabled: !context.canAnswer || selected !== undefined,
      "aria-pressed": chosen ? "true" : null,
      onclick: () => {
        if (!isSecondPress(context)) context.answer(content);
      },
    },
    ...askWords(content, text(item.desc)),
    chosen ? icon("check", "small") : icon("right", "small"),
  );
}

// A number or letter to answer with stands before what it means.
function askWords(content, desc) {
  if (desc && content.length <= KEY_LETTERS) return [el("b", { class: "ask-key" }, content), el("span", {}, desc)];
  return [el("span", {}, content, desc ? el("small", {}, desc) : null)];
}

function selectedOf(content) {
  const selected = content.selected;
  if (selected === undefined || selected === null) return undefined;
  return text(typeof selected === "object" ? selected.content : selected);
}

function choices(content, context) {
  const selected = selectedOf(content);
  return el(
    "div",
    { class: "card card-choices" },
    content.header ? el("p", { class: "card-text", dir: "auto" }, ...withLinks(text(content.header))) : null,
    ...listOf(content.items).map((item) => ask(item, context, selected)),
    content.tail ? el("p", { class: "card-tail", dir: "auto" }, text(content.tail)) : null,
  );
}

function form(content, context) {
  if (Number(content.type) === 1) return choices(content, context);
  const selected = selectedOf(content);
  const open = context.canAnswer && selected === undefined;
  return el(
    "div",
    { class: "card card-form" },
    el("p", { class: "card-text", dir: "auto" }, ...withLinks(text(content.header))),
    selected ? el("p", { class: "card-answer", dir: "auto" }, icon("check", "small"), el("span", {}, selected)) : null,
    open ? el("p", { class: "card-tail" }, icon("edit", "small"), context.words.form_answer) : null,
  );
}

function rich(data, context) {
  const pictures = data.pictures || {};
  return bubble(
    ...markdown(text(data.content), (address, alt) => {
      const own = Object.hasOwn(pictures, address) && pictures[address];
      return own ? textPicture(own, alt, context) : null;
    }),
  );
}

// Its place is kept, however large it is.
function textPicture(address, alt, context) {
  const sign = el("span", { class: "text-picture missing" }, icon("image"), alt);
  const image = ownPicture(address, sign, { ...context, alt: alt || context.words.picture, class: "text-picture" });
  if (image === sign) return sign;
  const box = el("a", { href: address, target: "_blank", rel: "noopener" }, image);
  // What cannot be had leads nowhere.
  image.addEventListener("error", () => box.replaceWith(sign), { once: true });
  box.addEventListener("click", (event) => look(event, image, { name: alt, url: address }, context.words));
  return box;
}

function guided(data, context) {
  const content = data.content || {};
  const items = listOf(content.items);
  const said = content.content ? [bubble(lines(content.content))] : [];
  if (!items.length) return said.length || !content.title ? said : [bubble(lines(content.title))];
  const box = el(
    "div",
    { class: "card card-welcome" },
    content.title ? el("h2", { class: "card-title", dir: "auto" }, text(content.title)) : null,
    ...items.map((item) => ask(item, context, undefined)),
  );
  return [...said, box];
}

function outside(value, label) {
  const url = safeUrl(value);
  return url ? link(url, [icon("outside", "small"), `${label} · ${hostOf(url)}`], "card-link") : null;
}

function goodsPicture(content, sign, context) {
  return el("span", { class: "goods-picture" }, ownPicture(content.picture, icon(sign), context));
}

// A picture, and beside it a name, some words and where they lead.
function goods(name, desc, picture, more = null) {
  const words = el(
    "span",
    { class: "goods-words" },
    el("span", { class: "goods-name", dir: "auto" }, name),
    desc ? el("span", { class: "goods-text", dir: "auto" }, desc) : null,
    more,
  );
  return [picture, words];
}

function product(content, context) {
  const url = safeUrl(content.url);
  const host = url ? el("span", { class: "goods-host" }, icon("outside", "small"), hostOf(url)) : null;
  const name = text(content.header) || context.words.card;
  const parts = goods(name, text(content.desc), goodsPicture(content, "bag", context), host);
  return url
    ? link(url, parts, "card card-product goods")
    : el("div", { class: "card card-product goods" }, ...parts);
}

function order(content, context) {
  const { words } = context;
  const facts = listOf(content.customField).flatMap((field) => [
    el("dt", { dir: "auto" }, text(field.name)),
    el("dd", { dir: "auto" }, text(field.customerValue) || text(field.value) || "–"),
  ]);
  const page = outside(content.url, words.open_page);
  const picture = goodsPicture(content, "box", context);
  return el(
    "div",
    { class: "card card-order" },
    content.guide ? el("h2", { class: "card-title", dir: "auto" }, text(content.guide)) : null,
    el("div", { class: "goods" }, ...goods(text(content.name) || words.card, text(content.desc), picture)),
    facts.length ? el("dl", { class: "facts" }, ...facts) : null,
    page ? el("p", { class: "card-foot-link" }, page) : null,
  );
}

const isOver = (content) =>
  Number(content.expireTime) > 1e9 && Number(content.expireTime) * 1000 < now();

function rating(content, context) {
  const { words, side, message } = context;
  const thanks = text(content.thanks || message.message.data?.thanks);
  if (content.selected) return rated(content, thanks, context);
  if (side === "seat") {
    return el(
      "div",
      { class: "card card-rating given" },
      el("p", { dir: "auto" }, text(content.head)),
      el("p", { class: "thanks" }, words.rating_waits),
    );
  }
  return ratingForm(content, context);
}

function levels(content) {
  return listOf(content.menu);
}

/** Given stars with their word: "★★★★☆ Satisfied". */
function rated(content, thanks, { words }) {
  const menu = levels(content);
  const level = menu.findIndex((item) => text(item.id) === text(content.selected.id)) + 1;
  const word = text(content.selected.content) || text(menu[level - 1]?.content);
  return el(
    "div",
    { class: "card card-rating given" },
    el(
      "p",
      {},
      el(
        "span",
        { class: `stars-given${level && level <= 2 ? " bad" : ""}`, "aria-hidden": "true" },
        ...Array.from({ length: level }, () => icon("star", "small")),
      ),
    ),
    el("p", {}, el("strong", {}, fill(words.rated, { level: word }))),
    content.selected.comment
      ? el("p", { class: "thanks", dir: "auto" }, text(content.selected.comment))
      : null,
    thanks ? el("p", { class: "thanks", dir: "auto" }, thanks) : null,
  );
}

function ratingForm(content, context) {
  const { words, message } = context;
  const over = isOver(content);
  const name = `rate-${message.id}`;
  const numbers = Number(content.type) === 2;
  const word = el("p", { class: "level", "aria-live": "polite" });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: !over }, over ? words.rating_over : "");
  const comment = el("textarea", {
    class: "comment",
    rows: "1",
    maxlength: "1000",
    placeholder: words.rating_comment,
    "aria-label": words.rating_comment,
  });
  const submit = el("button", { class: "button primary", type: "submit" }, words.rating_send);
  const menu = levels(content);
  const stars = el(
    "fieldset",
    {
      class: numbers ? "stars numbers" : "stars",
      "aria-label": text(content.head) || words.rating_head,
      disabled: over,
    },
    ...menu.flatMap((item, index) =>
      star(item, index, name, numbers, (content_) => (word.textContent = content_)),
    ),
  );
  const more = el(
    "div",
    { class: "rating-more", hidden: true },
    comment,
    el("div", { class: "card-foot" }, submit),
  );
  stars.addEventListener("change", () => (more.hidden = false));
  const box = el(
    "form",
    { class: "card card-rating", novalidate: true },
    el("p", { dir: "auto" }, text(content.head) || words.rating_head),
    content.tail ? el("p", { class: "thanks", dir: "auto" }, text(content.tail)) : null,
    stars,
    numbers ? ends(menu) : null,
    over ? null : word,
    wrong,
    more,
  );
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = stars.querySelector("input:checked");
    const item = menu[Number(chosen?.value)];
    if (!item) return;
    submit.disabled = true;
    wrong.hidden = true;
    try {
      await context.rate({ id: text(item.id), content: text(item.content), comment: comment.value.trim() });
    } catch (error) {
      wrong.replaceChildren(icon("alert", "small"), error.message || words.rating_failed);
      wrong.hidden = false;
    } finally {
      submit.disabled = false;
    }
  });
  return box;
}

// What the lowest and the highest number mean.
function ends(menu) {
  return el(
    "p",
    { class: "stars-ends", "aria-hidden": "true" },
    el("span", {}, text(menu[0]?.content)),
    el("span", {}, text(menu.at(-1)?.content)),
  );
}

function star(item, index, name, numbers, tell) {
  const id = `${name}-${index}`;
  const input = el("input", { type: "radio", name, id, value: index });
  input.addEventListener("change", () => tell(text(item.content)));
  const face = numbers
    ? [el("span", { "aria-hidden": "true" }, index + 1), el("span", { class: "unseen" }, text(item.content))]
    : [el("span", { class: "unseen" }, text(item.content)), icon("star")];
  return [input, el("label", { for: id, title: text(item.content) }, ...face)];
}
