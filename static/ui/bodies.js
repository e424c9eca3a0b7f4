// What a message holds besides cards: text, pictures, files, voice, video, and what is left of a recalled one.
import { el, fileSize, fill, graphemes, icon, withLinks } from "./dom.js";

const ADDRESS_LIFE_MS = 50 * 60_000; // the server's addresses live an hour
const PICTURE = { width: 220, height: 300 };

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/** Words in a bubble; up to three emoji alone stand large. @param {string} text */
export function textBubble(text) {
  const said = String(text ?? "");
  const large =
    said.length < 40 &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(said) &&
    ONLY_EMOJI.test(said) &&
    graphemes(said.replace(/\s/g, "")).length <= 3;
  return el(
    "div",
    { class: large ? "bubble emoji" : "bubble", dir: "auto" },
    el("p", { class: "lines" }, ...withLinks(said)),
  );
}

/**
 * A picture, file, voice or video message.
 * @param {{type: string, file: {name: string, size: number, mime?: string, width?: number, height?: number, url?: string, thumbnail?: string}}} message
 * @param {{words: Object<string,string>, locale: string, gotAt?: number, preview?: string, progress?: number, stale?: () => void}} how
 */
export function file(message, how) {
  const { file: held, type } = message;
  if (type === "image") return picture(held, how);
  if (how.progress === undefined && held.url && (type === "voice" || type === "video"))
    return played(type, held, how);
  return attached(held, how);
}

// Its place is kept before it is there, so that nothing moves when it comes.
function picture(held, how) {
  const { words } = how;
  const width = Number(held.width) || 4;
  const height = Number(held.height) || 3;
  const shown = Math.max(
    72,
    Math.min(PICTURE.width, held.width || PICTURE.width, (PICTURE.height * width) / height),
  );
  const image = el("img", {
    alt: fill(words.picture_named, { name: held.name || "" }),
    width,
    height,
    decoding: "async",
  });
  const source = how.preview || held.thumbnail || held.url;
  if (source) image.src = source;
  if (how.stale) image.addEventListener("error", how.stale, { once: true });
  const box = held.url
    ? el("a", { class: "picture", href: held.url, target: "_blank", rel: "noopener" }, image)
    : el("div", { class: "picture" }, image);
  box.style.width = `${Math.round(shown)}px`;
  image.style.aspectRatio = `${width} / ${height}`;
  if (held.url) box.addEventListener("click", (event) => look(event, held, image));
  if (how.progress !== undefined && how.progress !== null)
    box.append(el("progress", { class: "progress", max: 1, value: how.progress, "aria-label": held.name }));
  return box;
}

// The whole picture over the page; a second press, Escape or the page's back closes it.
function look(event, held, small) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !("showModal" in document.createElement("dialog")))
    return;
  event.preventDefault();
  const whole = el("img", { alt: small.alt, src: small.src });
  const wanted = new Image();
  wanted.addEventListener("load", () => (whole.src = wanted.src));
  wanted.src = held.url;
  const dialog = el("dialog", { class: "viewer", "aria-label": small.alt }, whole);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function played(type, held, how) {
  const player = el(type === "voice" ? "audio" : "video", {
    class: "played",
    controls: true,
    preload: "metadata",
    src: held.url,
    "aria-label": held.name,
    width: type === "video" ? held.width : null,
    height: type === "video" ? held.height : null,
  });
  if (how.stale) player.addEventListener("error", how.stale, { once: true });
  return player;
}

function attached(held, how) {
  const { locale, progress } = how;
  const parts = [
    icon("file"),
    el("span", { class: "attached-name", dir: "auto", title: held.name }, held.name || ""),
    progress === undefined || progress === null
      ? el("span", { class: "attached-size" }, fileSize(held.size, locale))
      : el("progress", { class: "progress", max: 1, value: progress, "aria-label": held.name }),
  ];
  if (!held.url) return el("div", { class: "attached" }, ...parts);
  const box = el(
    "a",
    { class: "attached", href: held.url, download: held.name || "", target: "_blank", rel: "noopener" },
    ...parts,
  );
  box.addEventListener("click", (event) => {
    if (!how.stale || !how.gotAt || Date.now() - how.gotAt < ADDRESS_LIFE_MS) return;
    event.preventDefault();
    how.stale();
  });
  return box;
}

/** The line under a message that is not stored yet: on its way, or not sent and what to do about it. */
export function underWay(pending, words, on) {
  const act = (what, text) =>
    what && el("button", { type: "button", onclick: () => what(pending.client_id) }, text);
  if (!pending.failed) {
    const cancel = pending.message.file && act(on.cancel, words.cancel);
    return el("p", { class: "message-state" }, icon("clock", "small"), el("span", {}, words.sending), cancel);
  }
  return el(
    "p",
    { class: "message-state failed", role: "alert" },
    icon("alert", "small"),
    el("span", {}, pending.reason || words.not_sent),
    act(on.retry, words.retry),
    act(on.cancel, words.discard),
  );
}

/** The line that stands where a recalled message was. */
export function recalledLine(frame, formerText, { words, side, on }) {
  const own =
    side === "customer" ? frame.from.kind === "customer" : frame.from.kind === "agent" && !frame.from.other;
  const said = own ? words.recalled_own : fill(words.recalled_by, { name: frame.from.name || words.service });
  const again =
    own && formerText && on.again
      ? el(
          "button",
          { type: "button", class: "button quiet small", onclick: () => on.again(formerText) },
          words.edit_again,
        )
      : null;
  return el("p", { class: "system recalled" }, el("span", { dir: "auto" }, said), again);
}

/** A message in plain words, for lists, notices and screen readers. @param {object} frame @param {Object<string,string>} words */
export function spoken(frame, words) {
  const { message } = frame;
  if (message.type === "text") return message.text;
  if (message.type === "recalled") return words.recalled_short;
  if (message.type === "image") return `[${words.picture}]`;
  if (message.file) return `[${words.file}] ${message.file.name || ""}`.trim();
  const { data } = message;
  switch (String(data?.src ?? "")) {
    case "9":
      return data.menuContent?.head || words.rating_head;
    case "19":
    case "20":
      return words.ended_short;
    case "30":
      return String(data.content ?? "")
        .replace(/[*_`#>]/g, "")
        .slice(0, 200);
    default:
      return (
        data?.content?.header ||
        data?.content?.content ||
        data?.content?.title ||
        data?.content?.guide ||
        data?.content?.name ||
        `[${words.card}]`
      );
  }
}
