// Files on their way into a message: chosen, pasted or dropped, uploaded with progress, sent with the text.
import { el, fileSize, icon } from "../ui/dom.js";
import { page, say, sayError } from "./words.js";

const LIMIT = 10;

/** The files beside one session's draft. */
export class Attachments {
  /** @param {import("../sdk/csdesk-desk.js").Desk} desk @param {HTMLElement} row @param {() => void} changed */
  constructor(desk, row, changed) {
    Object.assign(this, { desk, row, changed });
    /** @type {Map<string, object[]>} */ this.bySession = new Map();
    this.session = "";
  }

  show(session) {
    this.session = session;
    this.#draw();
  }

  /** The files of the session that is shown. */
  get list() {
    return this.bySession.get(this.session) ?? [];
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const list = this.bySession.get(this.session) ?? [];
    this.bySession.set(this.session, list);
    for (const file of [...files].slice(0, LIMIT - list.length)) {
      const entry = { session: this.session, file, share: 0, error: "", upload: null, isWanted: false };
      entry.address = file.type.startsWith("image/") ? URL.createObjectURL(file) : "";
      list.push(entry);
      this.#upload(entry);
    }
    this.#draw();
  }

  async #upload(entry) {
    const { file } = entry;
    Object.assign(entry, { share: 0, error: "", stop: new AbortController() });
    if (page.file_limit && file.size > page.file_limit) {
      entry.error = say("file_too_large", { limit: fileSize(page.file_limit) });
      return this.#draw();
    }
    try {
      const onProgress = (share) => this.#progress(entry, share);
      entry.upload = await this.desk.upload(file, { onProgress, signal: entry.stop.signal });
      if (entry.isWanted) this.#send(entry);
    } catch (error) {
      entry.error = sayError(error);
    }
    this.#draw();
  }

  #progress(entry, share) {
    entry.share = share;
    if (entry.bar) entry.bar.value = share;
  }

  /** Sends what is there; what still uploads follows by itself. */
  send() {
    for (const entry of [...this.list]) {
      if (entry.upload) this.#send(entry);
      else if (!entry.error) entry.isWanted = true;
    }
    this.#draw();
  }

  #send(entry) {
    const { upload, file, address } = entry;
    const type = kindOf(upload.type ?? file.type);
    const shown = { type, file: { name: upload.name ?? file.name, size: upload.size ?? file.size } };
    this.#forget(entry);
    this.desk.send(entry.session, { type, upload: upload.upload }, { message: shown, address });
  }

  #remove(entry) {
    entry.stop?.abort();
    if (entry.address) URL.revokeObjectURL(entry.address);
    this.#forget(entry);
    this.#draw();
  }

  #forget(entry) {
    const list = this.bySession.get(entry.session) ?? [];
    this.bySession.set(entry.session, list.filter((other) => other !== entry));
  }

  #draw() {
    this.row.replaceChildren(...this.list.map((entry) => this.#chip(entry)));
    this.row.hidden = this.list.length === 0;
    this.changed();
  }

  #chip(entry) {
    const { file } = entry;
    const picture = entry.address ? preview(entry) : icon("file");
    const isDone = Boolean(entry.upload);
    entry.bar = isDone || entry.error ? null : el("progress", { class: "progress", max: 1, value: entry.share, "aria-label": file.name });
    return el(
      "li",
      { class: entry.error ? "chip failed" : "chip" },
      picture,
      el("span", { class: "chip-name cut", dir: "auto", title: file.name }, file.name || say("picture")),
      entry.bar ?? el("span", { class: "chip-size" }, entry.error || fileSize(file.size)),
      entry.error ? el("button", { type: "button", class: "button quiet small", onclick: () => this.#again(entry) }, say("retry")) : null,
      el(
        "button",
        { type: "button", class: "button quiet small bare", "aria-label": say("remove_file", { name: file.name }), onclick: () => this.#remove(entry) },
        icon("x", "small"),
      ),
    );
  }

  #again(entry) {
    this.#upload(entry);
    this.#draw();
  }
}

/** The picture itself, or a sign where the browser cannot show it. */
function preview(entry) {
  const picture = el("img", { src: entry.address, alt: "" });
  picture.addEventListener("error", () => picture.replaceWith(icon("image")), { once: true });
  return picture;
}

const SHOWN_PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The message's type for a file's: only pictures we show ourselves are images. */
function kindOf(type) {
  if (type === "image" || SHOWN_PICTURES.includes(type)) return "image";
  if (type === "voice" || type?.startsWith("audio/")) return "voice";
  if (type === "video" || type?.startsWith("video/")) return "video";
  return "file";
}
