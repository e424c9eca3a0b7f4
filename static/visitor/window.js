// The customer's window: the library's state on one side, the page on the other.
import { VisitorClient } from "../sdk/csdesk-visitor.js";
import { Thread } from "../ui/thread.js";
import { fill, plainName } from "../ui/dom.js";
import { Composer } from "./composer.js";
import { Dialogs } from "./dialogs.js";
import { Head } from "./head.js";
import { Host } from "./host.js";
import { Line } from "./line.js";
import { Notices } from "./notices.js";
import { Scroller } from "./scroller.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("config");
const words = read("words");
const POPOVERS = CSS.supports("selector(:popover-open)");
const MEGABYTE = 1024 * 1024;
const NAMES_TOLD = 3;
const locale = document.documentElement.lang;
const find = (selector) => document.querySelector(selector);

/** Storage that may be closed to us (private mode, blocked third parties): then memory serves. */
function safeStore(name) {
  const memory = new Map();
  return {
    getItem(key) {
      try {
        return window[name].getItem(key) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    setItem(key, value) {
      memory.set(key, value);
      try {
        window[name].setItem(key, value);
      } catch {
        // memory has it
      }
    },
    removeItem(key) {
      memory.delete(key);
      try {
        window[name].removeItem(key);
      } catch {
        // memory had it
      }
    },
  };
}

class ChatWindow {
  constructor() {
    this.local = safeStore("localStorage");
    this.session = safeStore("sessionStorage");
    this.host = config.framed ? new Host(config.sites) : null;
    this.client = new VisitorClient({
      channel: config.channel,
      storage: this.host || this.local,
      outbox: this.session,
      language: locale,
    });
    this.thread = new Thread(find(".thread"), this.#threadOptions());
    this.scroller = new Scroller({
      scroll: find(".window-scroll"),
      thread: find(".thread"),
      pill: find(".below"),
      words,
      onTop: () => this.#earlier(),
      onBottom: () => this.#seen(),
    });
    this.head = new Head({ words, config });
    this.line = new Line({ banner: find("#banner"), words, retry: () => this.client.reconnect() });
    this.notices = new Notices({ words, store: this.local, host: this.host });
    this.dialogs = new Dialogs();
    this.composer = new Composer({
      words,
      config,
      store: this.session,
      send: (text) => this.#say(text),
      sendFiles: (files) => this.#sendFiles(files),
      typing: (text) => this.client.typing(config.preview ? text.slice(0, 500) : undefined),
      grow: () => this.scroller.stay(),
    });
    this.#listen();
    this.#buttons();
  }

  async begin() {
    this.#fitKeyboard();
    if (this.host) await this.host.greeted;
    this.client.page = this.host ? this.host.page : location.href;
    this.client.referrer = this.host ? "" : document.referrer;
    this.client.connect();
    this.#show();
    if (this.isShown) this.composer.focus();
  }

  get isShown() {
    return !document.hidden && (!this.host || this.host.shown);
  }

  #threadOptions() {
    return {
      side: "customer",
      words,
      locale,
      service: { name: config.name, avatar: config.avatar },
      canAnswer: (message) => this.#canAnswer(message),
      canRecall: (message) => this.#canRecall(message),
      on: {
        answer: (text) => this.#say(text),
        rate: (choice) => this.#rate(choice),
        retry: (id) => this.client.retry(id),
        cancel: (id) => this.client.cancel(id),
        recall: (message) => this.client.recall(message.id),
        again: (text) => this.composer.put(text),
        stale: (message) => this.client.refreshMessage(message),
      },
    };
  }

  // Suggestions of a welcome card may be asked any time; a branch only while its session waits for it.
  #canAnswer(message) {
    if (String(message.message.data?.src) === "29") return true;
    const view = this.client.session;
    return Boolean(view) && view.id === message.session && view.state !== "closed";
  }

  #canRecall(message) {
    const view = this.client.state.sessions.get(message.session);
    return Boolean(view?.can.includes("recall")) && Date.now() - message.time < config.recall * 1000;
  }

  async #rate(choice) {
    try {
      await this.client.rate(choice);
    } catch (error) {
      throw new Error(error.code === "unavailable" ? words.rating_failed : error.message);
    }
  }

  #say(text) {
    this.client.sendText(text);
    this.scroller.toEnd();
  }

  #sendFiles(files) {
    for (const file of files) {
      const wrong = this.#wrongWith(file);
      if (wrong) {
        this.line.trouble(wrong);
        continue;
      }
      const id = this.client.sendFile(file);
      if (/^image\/(?!svg)/.test(file.type)) this.#preview(id, file);
    }
    this.scroller.toEnd();
  }

  // What is known never to be taken is not even begun.
  #wrongWith({ name, size }) {
    if (!size) return fill(words.file_empty, { name: plainName(name) });
    if (size <= config.fileLimit) return "";
    return fill(words.file_too_large, {
      name: plainName(name),
      size: Math.ceil(size / MEGABYTE),
      limit: Math.floor(config.fileLimit / MEGABYTE),
    });
  }

  // The picture itself is shown while it travels, in the size it will have.
  async #preview(id, file) {
    const preview = URL.createObjectURL(file);
    const image = new Image();
    image.src = preview;
    const isWhole = await image.decode().then(
      () => true,
      () => false,
    );
    const pending = this.client.state.pending.find((one) => one.client_id === id);
    if (!pending) return;
    Object.assign(pending.message.file, {
      width: image.naturalWidth || undefined,
      height: image.naturalHeight || undefined,
    });
    pending.preview = isWhole ? preview : undefined;
    this.#showPending(pending);
  }

  #listen() {
    const { client } = this;
    client.on("link", (link) => this.#linkChanged(link));
    client.on("ready", () => this.#ready());
    client.on("message", (event) => this.#message(event));
    client.on("pending", ({ pending }) => this.#showPending(pending));
    client.on("progress", ({ pending }) => this.thread.progress(pending.client_id, pending.progress));
    client.on("state", () => this.#stateChanged());
    client.on("synced", () => this.#fillUp());
    client.on("history", () => this.#historyCame());
    client.on("typing", ({ on, name }) => this.#typing(on, name));
    client.on("read", ({ session, by, seq }) => by === "agent" && this.thread.read(session, seq));
    client.on("unread", ({ count }) => this.notices.unread(count));
    client.on("refused", ({ code, detail }) => this.line.refused(code, detail));
    client.on("lost", ({ names }) => this.#lost(names));
    client.on("reset", () => this.#reset());
    document.addEventListener("visibilitychange", () => this.#visibility());
    this.host?.on("shown", () => this.#hostShows());
    this.host?.on(
      "send",
      ({ text }) => typeof text === "string" && text.trim() && this.#say(text.slice(0, config.textLimit)),
    );
  }

  #linkChanged(link) {
    this.line.link(link);
    this.head.link = link.link;
    if (link.link === "gone") this.composer.disable();
  }

  #ready() {
    this.head.staffed = this.client.state.channel?.staffed !== false;
    this.#stateChanged();
    this.#fillUp();
  }

  #message({ frame, isNew, live }) {
    find(".loading")?.remove();
    const spokenTo = isNew && live && frame.from.kind !== "customer";
    this.scroller.keep(() => this.thread.put(frame), { fresh: spokenTo });
    this.#empty();
    if (frame.message.type === "recalled") this.notices.silence();
    if (!spokenTo) return;
    this.notices.arrived(frame, this.thread.spoken(frame), this.isShown && this.scroller.atEnd);
    if (this.isShown && this.scroller.atEnd) this.#seen();
  }

  #showPending(pending) {
    find(".loading")?.remove();
    this.scroller.keep(() => {
      const { client_id: id, status } = pending;
      const refused = status === "failed" && !this.client.canRetry(pending);
      if (pending.preview && (status === "cancelled" || status === "sent"))
        setTimeout(() => URL.revokeObjectURL(pending.preview), 10_000);
      if (status === "cancelled") this.thread.drop(id);
      else if (status !== "sent" || !this.client.state.messages.has(`${pending.session}.${pending.seq}`))
        this.thread.pend({
          client_id: id,
          message: pending.message,
          time: pending.time,
          preview: refused ? undefined : pending.preview,
          progress: status === "uploading" ? pending.progress : undefined,
          waits: status === "late" ? "asked" : status === "waiting",
          failed: status === "failed",
          refused,
          reason: this.#reason(pending),
        });
    });
    this.#empty();
  }

  #reason({ status, code, detail }) {
    if (status === "late") return words.not_sent_yet;
    if (status === "waiting") return words.waits_turn;
    if (status === "failed" && code === "rate_limited") return words.refused_rate_limited;
    return status === "failed" ? detail || words[`refused_${code}`] || words.not_sent : undefined;
  }

  #stateChanged() {
    const view = this.client.session;
    this.head.show(view);
    find("#preview-note").hidden = !(config.preview && view?.state === "serving");
    const can = new Set(view?.can || []);
    for (const button of document.querySelectorAll("[data-can]"))
      button.hidden = !can.has(button.dataset.can);
    find(".quick").hidden = !document.querySelector(".quick > :not([hidden])");
    this.scroller.keep(() => {
      this.#queueNotice(view);
      find("#after-end").hidden = !(view && view.state === "closed" && this.client.state.link !== "gone");
      this.thread.refresh();
    });
    this.#empty();
  }

  #queueNotice(view) {
    const waits = view?.state === "queued";
    const notice = find(".queue-notice");
    notice.hidden = !waits;
    if (!waits) return;
    // Without a place an agent is being called already.
    const place = notice.querySelector(".queue-place");
    place.textContent = view.position ?? "";
    place.hidden = notice.querySelector(".queue-in-line").hidden = !view.position;
    notice.querySelector(".queue-called").hidden = Boolean(view.position);
  }

  #lost(names) {
    const shown = names.slice(0, NAMES_TOLD).map((name) => `“${name}”`);
    const more = names.length > NAMES_TOLD ? " …" : "";
    this.line.trouble(fill(words.files_lost, { names: shown.join(" ") + more }), {
      stays: true,
    });
  }

  #empty() {
    const blank = !this.client.state.messages.size && !this.client.state.pending.length && !find(".loading");
    find(".empty").hidden = !blank;
  }

  #earlier() {
    if (this.client.history() && this.client.hasMore) find("#earlier").hidden = false;
  }

  #historyCame() {
    find("#earlier").hidden = true;
    find(".loading")?.remove();
    this.#empty();
    this.#fillUp();
  }

  // A short page asks for what came before, so that there is something to scroll.
  #fillUp() {
    if (this.scroller.isShort && this.client.hasMore && this.client.state.link === "live")
      this.client.history();
    if (this.isShown && this.scroller.atEnd) this.#seen();
  }

  #typing(on, name) {
    const line = find(".typing");
    this.scroller.keep(() => {
      line.hidden = !on;
      line.querySelector("span").textContent = fill(name ? words.typing_named : words.typing, { name });
    });
  }

  #seen() {
    if (this.isShown) this.client.markRead();
  }

  // The service is told once; a frame that is opened anew after an end begins anew.
  #show() {
    if (!this.isShown || this.wasShown) return;
    this.wasShown = true;
    this.client.shown();
  }

  #visibility() {
    if (!this.isShown) return;
    this.notices.looked();
    if (this.client.state.link !== "idle") {
      this.client.reconnect();
      this.#show();
    }
    if (this.scroller.atEnd) this.#seen();
  }

  #hostShows() {
    if (!this.host.shown && this.client.session?.state === "closed") this.wasShown = false;
    this.#visibility();
    if (this.isShown) this.composer.focus();
  }

  #reset() {
    this.thread.clear();
    for (const pending of this.client.state.pending) this.#showPending(pending);
    this.#stateChanged();
  }

  #buttons() {
    const acts = {
      request_agent: () => this.client.requestAgent(),
      leave_queue: () => this.dialogs.ask("leave").then((sure) => sure && this.client.leaveQueue()),
      rate: () => this.client.askRating(),
      end: () => this.dialogs.ask("end").then((sure) => sure && this.client.end()),
      minimise: () => this.host?.post("close"),
    };
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (!button) return;
      button.closest("details")?.removeAttribute("open");
      acts[button.dataset.act]?.();
    });
    for (const link of document.querySelectorAll("[data-lang]")) {
      link.addEventListener("click", () => this.host?.post("lang", { lang: link.dataset.lang }));
    }
    addEventListener("keydown", (event) => {
      if (
        event.key !== "Escape" ||
        event.defaultPrevented ||
        document.querySelector(
          `dialog[open], details[open] > .menu-sheet${POPOVERS ? ", :popover-open" : ""}`,
        )
      )
        return;
      this.host?.post("close");
    });
  }

  // On glass the keyboard covers the page's foot; the window then is as high as what is left.
  #fitKeyboard() {
    const view = window.visualViewport;
    if (!view) return;
    const fit = () => {
      const root = document.documentElement;
      if (view.scale > 1.01) return;
      root.style.setProperty("--seen-height", `${Math.round(view.height)}px`);
      if (view.offsetTop) scrollTo(0, 0);
      this.scroller.stay();
    };
    view.addEventListener("resize", fit);
    view.addEventListener("scroll", fit);
    fit();
  }
}

document.addEventListener(
  "toggle",
  (event) => event.target.matches?.("details.menu[open]") && event.target.querySelector(".row")?.focus?.(),
  true,
);
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
});

new ChatWindow().begin();
