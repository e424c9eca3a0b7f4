// Where the customer writes: text, emoji, pictures and files by button, paste and drop.
import { el, fill } from "../ui/dom.js";
import { Microphone } from "./microphone.js";

const TALLEST_PX = 132;
const TELL_AT = 300; // characters left
const TAP_MS = 300; // from the finger to the click

export class Composer {
  #form;
  #area;
  #send;
  #files;
  #left;
  #emojis;
  #microphone;
  #options;

  /**
   * @param {{root: Element|ShadowRoot, words: object, config: {channel: string, textLimit: number}, store: Storage,
   *   signal: AbortSignal, send: (text: string) => void, sendFiles: (files: File[]) => void,
   *   sendRecording: (file: Blob, name: string, measures: object) => void,
   *   typing: (text: string) => void}} options
   */
  constructor(options) {
    const { root } = options;
    this.#options = options;
    this.#form = root.querySelector(".say");
    this.#area = this.#form.querySelector("textarea");
    this.#send = this.#form.querySelector("[type=submit]");
    this.#files = this.#form.querySelector("input[type=file]");
    this.#left = root.querySelector("#left");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#area.addEventListener("keydown", (event) => this.#key(event));
    this.#area.addEventListener("input", () => this.#changed(true));
    this.#area.addEventListener("paste", (event) => this.#pasted(event));
    const frame = root.querySelector(".window");
    const note = () => frame.classList.toggle("writing", this.#area.matches(":focus"));
    this.#area.addEventListener("focus", note);
    // What is tapped now must not move away under the finger.
    this.#area.addEventListener("blur", () => setTimeout(note, TAP_MS));
    this.#files.addEventListener("change", () => {
      options.sendFiles([...this.#files.files]);
      this.#files.value = "";
    });
    this.#form.querySelector("[data-files]").addEventListener("click", () => this.#files.click());
    this.#emoji();
    this.#drop();
    this.#microphone = new Microphone({
      ...options,
      button: this.#form.querySelector("[data-voice]"),
      form: this.#form,
      send: options.sendRecording,
    });
    // Somebody quick may have begun to write before we were here.
    this.#area.value ||= options.store.getItem(this.#draftKey()) || "";
    this.#changed(false);
  }

  /** Begin to write, where no keyboard would jump up. */
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.#area.focus({ preventScroll: true });
  }

  /** Put words back to change them. @param {string} text */
  put(text) {
    this.#area.value = this.#area.value ? `${this.#area.value}\n${text}` : text;
    this.#changed(false);
    this.#area.focus();
  }

  /** Nothing can be sent any more, or again. */
  disable(isOff = true) {
    for (const control of this.#form.elements) control.disabled = isOff;
  }

  #draftKey() {
    return `csdesk-draft:${this.#options.config.channel}`;
  }

  #key(event) {
    // Enter that ends the writing of a Chinese word is not ours.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#area.value.trim();
    if (!text || this.#length(text) > this.#options.config.textLimit) return;
    this.#options.send(text);
    this.#area.value = "";
    this.#changed(false);
    this.#area.focus({ preventScroll: true });
  }

  #length(text) {
    return text.length > 2000 ? Array.from(text).length : text.length;
  }

  #changed(typed) {
    const area = this.#area;
    const { words, config, store } = this.#options;
    area.style.height = "auto";
    area.style.height = `${Math.min(TALLEST_PX, Math.max(40, area.scrollHeight + 2))}px`;
    area.style.overflowY = area.scrollHeight > TALLEST_PX ? "auto" : "hidden";
    const text = area.value.trim();
    const left = config.textLimit - this.#length(text);
    this.#left.hidden = left > TELL_AT;
    this.#left.classList.toggle("over", left < 0);
    this.#left.textContent = fill(words.letters, { n: config.textLimit - left, limit: config.textLimit });
    this.#send.setAttribute("aria-disabled", String(!text || left < 0));
    area.setAttribute("aria-invalid", String(left < 0));
    this.#microphone.offer(!area.value);
    this.#send.hidden = this.#microphone.isOffered;
    if (area.value) store.setItem(this.#draftKey(), area.value);
    else store.removeItem(this.#draftKey());
    if (typed && text) this.#options.typing(text);
  }

  #insert(text) {
    this.#area.focus();
    this.#area.setRangeText(text, this.#area.selectionStart, this.#area.selectionEnd, "end");
    this.#changed(true);
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    this.#options.sendFiles(files);
  }

  #emoji() {
    const button = this.#form.querySelector("[data-emoji]");
    const { root, words, signal } = this.#options;
    button.addEventListener("click", async () => {
      const { emojiSheet } = await import("./emoji.js").catch(() => ({}));
      if (!emojiSheet) return this.#options.trouble(words.refused_unavailable);
      this.#emojis ??= emojiSheet(root.querySelector("#emoji"), {
        button,
        words,
        signal,
        choose: (emoji) => this.#insert(emoji),
      });
      this.#emojis.toggle();
    });
  }

  #drop() {
    const { root, words, sendFiles } = this.#options;
    const shade = el("div", { class: "drop-shade", hidden: true }, el("p", {}, words.drop_here));
    const place = root.querySelector(".window");
    place.append(shade);
    let depth = 0;
    const show = (change) => {
      depth = Math.max(0, depth + change);
      shade.hidden = depth === 0;
    };
    const brings = (event) => event.dataTransfer?.types.includes("Files");
    place.addEventListener("dragenter", (event) => brings(event) && show(1));
    place.addEventListener("dragleave", (event) => brings(event) && show(-1));
    place.addEventListener("dragover", (event) => brings(event) && event.preventDefault());
    place.addEventListener("drop", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      depth = 0;
      show(0);
      sendFiles([...event.dataTransfer.files]);
    });
  }
}
