// What a message holds besides cards: text, pictures, files, voice, video, and what is left of a recalled one.
import { el, fileSize, fill, graphemes, icon, plainName, withLinks } from "./dom.js";
import { folded } from "./folding.js";
import { hasRunOut, look } from "./pictures.js";
import { clockLabel } from "./times.js";

const FRESH_MS = 60_000; // an address as young as this has not run out
const PICTURE = { width: 220, height: 300 };
const LEAST = { width: 72, height: 48 };
const WIDE = { width: 16, height: 9 }; // a video that has not said how large it is
const players = new Map(); // by the file's id: a voice that was played goes on when its bubble is drawn anew

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/**
 * Words in a bubble; up to three emoji alone stand large, very many are folded.
 * @param {string} text
 * @param {Object<string,string>} words
 * @param {object} [message] whose bubble stays open once it was opened
 */
export function textBubble(text, words, message) {
  const said = String(text ?? "");
  const large =
    said.length < 40 &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(said) &&
    ONLY_EMOJI.test(said) &&
    graphemes(said.replace(/\s/g, "")).length <= 3;
  const lines = el("p", { class: "lines" }, ...withLinks(said));
  return el(
    "div",
    { class: large ? "bubble emoji" : "bubble", dir: "auto" },
    lines,
    folded(lines, said, words, message),
  );
}

/**
 * A picture, file, voice or video message.
 * @param {{type: string, file: {name: string, size: number, mime?: string, width?: number, height?: number, url?: string, thumbnail?: string}}} message
 * @param {{words: Object<string,string>, locale: string, gotAt?: number, preview?: string, progress?: number, stale?: () => void}} how
 */
export function file(message, how) {
  const { file: held, type } = message;
  if (type === "image" && (how.preview || held.thumbnail || held.url)) return picture(held, how);
  if (how.progress === undefined && held.url && type === "voice") return voice(held, how);
  if (how.progress === undefined && held.url && type === "video") return video(held, how);
  return attached(held, how, type);
}

// Its place is kept before it is there, so that nothing moves when it comes.
function picture(held, how) {
  const { words } = how;
  const width = Number(held.width) || 4;
  const height = Number(held.height) || 3;
  const shown = shownSize(width, height, held.width || PICTURE.width);
  const image = el("img", {
    alt: fill(words.picture_named, { name: plainName(held.name) }),
    width,
    height,
    decoding: "async",
    src: how.preview || held.thumbnail || held.url,
  });
  const box = held.url
    ? el("a", { class: "picture", href: held.url, target: "_blank", rel: "noopener" }, image)
    : el("div", { class: "picture" }, image);
  box.style.width = `${shown.width}px`;
  image.style.aspectRatio = `${shown.width} / ${shown.height}`;
  image.addEventListener("error", () => missing(box, held, how), { once: true });
  if (held.url) box.addEventListener("click", (event) => look(event, image, held, words));
  if (how.progress !== undefined && how.progress !== null)
    box.append(
      el("progress", {
        class: "progress",
        max: 1,
        value: how.progress,
        "aria-label": plainName(held.name),
      }),
    );
  return box;
}

// As large as there is room for; strips and specks are cropped rather than drawn a pixel wide or a page long.
function shownSize(width, height, wanted) {
  const shown = Math.max(LEAST.width, Math.min(PICTURE.width, wanted, (PICTURE.height * width) / height));
  const high = Math.max(LEAST.height, Math.min(PICTURE.height, (shown * height) / width));
  return { width: Math.round(shown), height: Math.round(high) };
}

// The address may have run out: get another. A picture that is not there at all is a file by its name.
function missing(box, held, how) {
  if (how.stale && !(Date.now() - how.gotAt < FRESH_MS)) how.stale();
  else box.replaceWith(attached(held, how));
}

/**
 * A voice: a button, how far it has come, how long it lasts. The sound comes when it is wanted.
 * @param {{id?: string, url: string, duration?: number, name?: string}} held
 * @param {{words: Object<string,string>, gotAt?: number, stale?: () => void}} how
 */
export function voice(held, how) {
  const { words } = how;
  const lasts = Number(held.duration) || 0;
  const key = held.id || held.url;
  const button = el(
    "button",
    { type: "button", class: "voice-play", "aria-label": words.play },
    icon("play"),
  );
  const bar = el("input", {
    type: "range",
    class: "voice-bar",
    min: 0,
    max: lasts || 1,
    step: "any",
    value: 0,
    disabled: true,
    "aria-label": words.voice_place,
  });
  const clock = el("span", { class: "voice-clock" }, lasts ? clockLabel(lasts) : "");
  const box = el("div", { class: "voice", role: "group", "aria-label": words.voice }, button, bar, clock);
  players.get(key)?.adopt({ button, bar, clock });
  button.addEventListener("click", async () => {
    const { Player } = await import("./player.js").catch(() => ({}));
    if (!Player) return; // without a network there is nothing to play either
    if (!players.has(key)) {
      const failed = () => {
        players.delete(key);
        missing(box, held, how);
      };
      players.set(key, new Player({ src: held.url, duration: lasts }, words, failed));
      players.get(key).adopt({ button, bar, clock });
    }
    players.get(key).toggle();
  });
  return box;
}

function video(held, how) {
  const { width, height } = held.width && held.height ? held : WIDE;
  const shown = shownSize(Number(width), Number(height), PICTURE.width);
  const player = el("video", {
    class: "video",
    controls: true,
    playsinline: true,
    preload: "metadata",
    src: held.url,
    "aria-label": `${how.words.video} ${plainName(held.name)}`,
    width: shown.width,
    height: shown.height,
  });
  player.addEventListener("error", () => missing(player, held, how), { once: true });
  return player;
}

function attached(held, how, type = "file") {
  const { locale, progress } = how;
  const name = plainName(held.name);
  const parts = [
    icon({ image: "image", voice: "mic", video: "video" }[type] || "file"),
    el("span", { class: "attached-name", dir: "auto", title: name }, name),
    progress === undefined || progress === null
      ? el("span", { class: "attached-size" }, [ending(name), fileSize(held.size, locale)].filter(Boolean).join(" · "))
      : el("progress", { class: "progress", max: 1, value: progress, "aria-label": name }),
  ];
  if (!held.url) return el("div", { class: "attached" }, ...parts);
  const box = el(
    "a",
    { class: "attached", href: held.url, download: name, target: "_blank", rel: "noopener" },
    ...parts,
  );
  box.addEventListener("click", (event) => {
    if (!how.stale || !hasRunOut(how.gotAt)) return;
    event.preventDefault();
    how.stale();
  });
  return box;
}

// What kind of file it is, also where its long name is cut.
function ending(name) {
  const [, letters] = /\.([\p{L}\p{N}]{1,5})$/u.exec(name) || [];
  return letters ? letters.toLocaleUpperCase() : "";
}

/**
 * The line under a message that is not stored yet: on its way, waiting to be tried again, or not sent
 * and what to do about it. What is `refused` for good is not offered to be tried again.
 */
export function underWay(pending, words, on) {
  const act = (what, text) =>
    what && el("button", { type: "button", onclick: () => what(pending.client_id) }, text);
  if (!pending.failed) {
    const cancel = (pending.message.file || pending.waits) && act(on.cancel, words.cancel);
    return el(
      "p",
      { class: "message-state" },
      icon("clock", "small"),
      el("span", {}, pending.waits ? pending.reason : words.sending),
      pending.waits === "asked" ? act(on.retry, words.retry) : null,
      cancel,
    );
  }
  return el(
    "p",
    { class: "message-state failed", role: "alert" },
    icon("alert", "small"),
    el("span", {}, pending.reason || words.not_sent),
    pending.refused ? null : act(on.retry, words.retry),
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
  if (message.type === "voice") return `[${words.voice}] ${lasting(message.file)}`.trim();
  if (message.type === "video") return `[${words.video}] ${lasting(message.file)}`.trim();
  if (message.file) return `[${words.file}] ${plainName(message.file.name)}`.trim();
  const { data } = message;
  switch (String(data?.src ?? "")) {
    case "9":
      return data.menuContent?.head || words.rating_head;
    case "19":
    case "20":
      return words.ended_short;
    case "30":
      return String(data.content ?? "")
        .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
        .replace(/^\s*[-+]\s/gm, "")
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

const lasting = (file) => (file.duration ? clockLabel(file.duration) : "");
