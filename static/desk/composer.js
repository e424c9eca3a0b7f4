// Where the agent writes: reply or note, quick replies by `#`, files, cards; the draft of each session is kept.
import { Attachments } from "./attachments.js";
import { fillPalette } from "./emoji.js";
import { draftKey, keep, kept } from "./keeping.js";
import { openVariable } from "./quick-replies.js";
import { ReplyPicker } from "./reply-picker.js";
import { RichText } from "./rich-text.js";
import { soon } from "./soon.js";
import { clockTime } from "./times.js";
import { say, sayCount, sayError } from "./words.js";

const TEXT_LIMIT = 5_000;
const SHOWN_COUNT = 4_500;

export class Composer {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench, { tell, replies, card }) {
    Object.assign(this, { bench, tell, replies, card, mode: "reply", shownId: "", seenSeq: 0 });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { form: at("composer"), box: at("reply"), foot: at("composer-state"), notice: at("notice"), sendButton: at("send"), leftDraft: at("left-draft") });
    this.files = new Attachments(bench.desk, at("attachments"), () => this.#foot());
    this.rich = new RichText(this.box, () => this.shownId);
    this.picker = new ReplyPicker(this.box, replies, (reply, from, to) => this.#useReply(reply, from, to));
    this.#listen(at);
    this.#choose();
  }

  #listen(at) {
    const { bench, box } = this;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("input", () => this.#typed());
    box.addEventListener("click", () => this.picker.isOpen && this.picker.follow());
    box.addEventListener("paste", (event) => this.#paste(event));
    for (const button of this.form.querySelectorAll("[data-mode]")) button.addEventListener("click", () => this.#setMode(button.dataset.mode));
    for (const [button, input] of [["pick-picture", "picture-input"], ["pick-file", "file-input"]]) {
      at(button).addEventListener("click", () => at(input).click());
      at(input).addEventListener("change", () => {
        this.files.add(at(input).files);
        at(input).value = "";
        box.focus();
      });
    }
    at("pick-reply").addEventListener("click", () => this.#startPicker());
    at("pick-card").addEventListener("click", () => this.card.open(bench.chosenId));
    fillPalette(at("emoji"), (sign) => this.insert(sign));
    this.#acceptDrops(at("chat"));
    this.notice.querySelector("button").addEventListener("click", () => this.send(true));
    bench.addEventListener("chosen", () => this.#choose());
    bench.addEventListener("again", () => this.#enter());
    at("draft-copy").addEventListener("click", () => this.#copyDraft());
    at("draft-discard").addEventListener("click", () => this.#clear());
    bench.addEventListener("insert", (event) => this.#insertReply(event.detail));
    const foot = soon(() => {
      this.#foot();
      if (!this.notice.hidden) this.#warns();
    });
    for (const event of ["list", "ready", "live", "messages"]) bench.desk.on(event, foot);
  }

  #acceptDrops(area) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files") && this.#mayWrite();
    area.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      area.classList.add("dropping");
    });
    area.addEventListener("dragleave", (event) => {
      if (!area.contains(event.relatedTarget)) area.classList.remove("dropping");
    });
    area.addEventListener("drop", (event) => {
      area.classList.remove("dropping");
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#setMode("reply");
      this.files.add(event.dataTransfer.files);
      this.box.focus();
    });
  }

  #mayWrite() {
    return this.bench.chosen?.place === "serving";
  }

  #choose() {
    const { bench } = this;
    this.shownId = bench.chosenId;
    this.picker.close();
    this.notice.hidden = true;
    this.files.show(this.shownId);
    this.#setMode("reply");
    this.#enter();
  }

  /** Choosing leads into the box; on a phone that would open its keyboard. */
  #enter() {
    const { bench, box } = this;
    if (!bench.isNarrow && !bench.isWalking && this.#mayWrite()) box.focus({ preventScroll: true });
  }

  #setMode(mode) {
    this.mode = mode;
    this.form.dataset.mode = mode;
    for (const button of this.form.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    this.box.value = kept(draftKey(this.shownId, mode)) ?? "";
    this.box.placeholder = say(mode === "note" ? "write_note" : "write_reply");
    this.notice.hidden = true;
    this.seenSeq = this.bench.chosen?.seq ?? 0;
    this.rich.show(mode === "reply");
    this.#grow();
    this.#foot();
  }

  #key(event) {
    if (this.picker.takesKey(event)) return;
    // Enter that ends the choice of a Chinese word sends nothing.
    const isEnter = event.key === "Enter" && !event.isComposing && event.keyCode !== 229;
    if (isEnter && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") {
      this.box.blur();
    }
  }

  #typed() {
    const { box } = this;
    if (box.value.length === 1 || !kept(draftKey(this.shownId, this.mode))) this.seenSeq = this.bench.chosen?.seq ?? 0;
    this.#keepDraft(box.value);
    this.rich.draw();
    this.notice.hidden = true;
    if (this.mode === "reply") {
      if (box.value.trim()) this.bench.desk.typing(this.shownId);
      this.picker.follow();
    }
    this.#grow();
    this.#foot();
  }

  #grow() {
    this.box.style.setProperty("height", "");
    const wanted = Math.min(this.box.scrollHeight, window.innerHeight * 0.32);
    if (wanted > this.box.clientHeight) this.box.style.setProperty("height", `${wanted}px`);
  }

  #foot() {
    this.form.hidden = !this.#mayWrite();
    this.#leftDraft();
    const { length } = this.box.value;
    const files = this.mode === "reply" ? this.files.list : [];
    this.sendButton.disabled = this.form.hidden || (!this.box.value.trim() && files.every((entry) => entry.error)) || length > TEXT_LIMIT;
    this.foot.classList.toggle("failed", length > TEXT_LIMIT);
    this.foot.textContent = this.#footWords(length);
  }

  /** What was written and never sent can still be taken along. */
  #leftDraft() {
    const text = this.bench.chosen?.place === "over" ? (kept(draftKey(this.shownId)) ?? "") : "";
    const draft = this.leftDraft.querySelector("textarea");
    this.leftDraft.hidden = !text.trim();
    if (draft.value !== text) draft.value = text;
  }

  async #copyDraft() {
    const draft = this.leftDraft.querySelector("textarea");
    draft.select();
    // Pages without https have only the old way.
    if (navigator.clipboard) await navigator.clipboard.writeText(draft.value).catch(() => document.execCommand("copy"));
    else document.execCommand("copy");
    this.tell(null, say("copied"));
  }

  #footWords(length) {
    if (length > SHOWN_COUNT) return say("letters", { n: length, limit: TEXT_LIMIT });
    if (!this.bench.desk.isReady && length) return say("offline_send");
    const files = this.mode === "reply" ? this.files.list.length : 0;
    if (files > 1) return sayCount("files", files);
    return this.box.value.trim() ? say("draft_kept") : "";
  }

  /** Sends what is written and attached; says so in line when something should be seen first. */
  send(anyway = false) {
    if (this.sendButton.disabled) return;
    const text = this.box.value.trim();
    if (this.mode === "note") {
      this.#sendNote(text);
      return;
    }
    this.notice.hidden = true;
    if (!anyway && this.#warns()) return;
    if (text) this.bench.desk.send(this.shownId, this.rich.isOn ? richText(text) : { type: "text", text });
    this.files.send();
    this.#clear();
  }

  /** Says in line what should be seen first, as it stands now; nothing once a gap has closed. */
  #warns() {
    const warning = this.bench.chosen ? this.#warning(this.box.value.trim()) : "";
    this.notice.hidden = !warning;
    this.notice.querySelector("span").textContent = warning;
    return Boolean(warning);
  }

  #warning(text) {
    const session = this.bench.chosen;
    if (this.bench.desk.isReady && session.isBehind) return sayCount("behind", Math.max(1, session.missing));
    const me = String(this.bench.desk.member?.id);
    const other = session.messages.findLast((message) => message.seq > this.seenSeq && message.from.kind === "agent" && String(message.from.id) !== me);
    if (other) return say("answered_meanwhile", { name: other.from.name, time: clockTime(other.time) });
    const open = openVariable(text);
    return open ? say("variable_open", { name: text.slice(...open) }) : "";
  }

  async #sendNote(text) {
    const session = this.shownId;
    this.sendButton.disabled = true;
    try {
      await this.bench.desk.addNote(session, text);
      keep(draftKey(session, "note"), "");
      if (this.shownId === session) this.#setMode("reply");
    } catch (error) {
      this.tell(error, sayError(error));
      this.#foot();
    }
  }

  #keepDraft(text) {
    const hadDraft = Boolean(kept(draftKey(this.shownId, this.mode)));
    keep(draftKey(this.shownId, this.mode), text);
    if (hadDraft !== Boolean(text)) this.bench.draftChanged(this.shownId);
  }

  #clear() {
    this.#keepDraft("");
    this.box.value = "";
    this.rich.clear();
    this.seenSeq = this.bench.chosen?.seq ?? 0;
    this.#grow();
    this.#foot();
  }

  #paste(event) {
    const files = event.clipboardData?.files;
    if (!files?.length || this.mode === "note") return;
    event.preventDefault();
    this.files.add(files);
  }

  #startPicker() {
    this.#setModeFor("reply");
    const before = this.box.value.slice(0, this.box.selectionStart);
    this.insert(before.endsWith("#") ? "" : "#");
    this.picker.follow();
  }

  #setModeFor(mode) {
    if (this.mode !== mode) this.#setMode(mode);
  }

  /** Puts text where the caret is. */
  insert(text, from = this.box.selectionStart, to = this.box.selectionEnd) {
    this.box.focus();
    this.box.setRangeText(text, from, to, "end");
    this.#typed();
  }

  #useReply(reply, from, to) {
    this.#insertReply(reply, from, to);
  }

  /** To the box, to write a reply or a note (R, N). @param {"reply"|"note"} mode */
  write(mode) {
    if (!this.#mayWrite()) return;
    this.#setModeFor(mode);
    this.box.focus();
  }

  // A variable that is not known here is chosen, so that the next key fills it.
  #insertReply(reply, from, to) {
    if (!this.#mayWrite()) return;
    this.#setModeFor("reply");
    const start = from ?? this.box.selectionStart;
    const filled = this.replies.filled(reply.text);
    this.replies.countUse(reply);
    this.insert(filled, from, to);
    const open = openVariable(filled);
    if (open) this.box.setSelectionRange(start + open[0], start + open[1]);
  }
}

/** Rich text as agents send it (src 30). @param {string} content Markdown */
function richText(content) {
  return { type: "custom", data: { customerServicePlugin: 0, src: "30", content } };
}
