// The customer's chat: the library's state on one side, the markup of window_body.html on the other.
//
//   const chat = new Chat(root, {config, words, client, host, stores});
//   chat.begin();       // connects and shows itself
//   chat.destroy();     // takes every listener off; the client goes on until whoever made it closes it
//
// `root` is an element or a shadow root that holds the markup; nothing outside of it is looked at.
import { drawIcons, fill } from "../ui/dom.js";
import { Reading } from "../ui/reading.js";
import { Thread } from "../ui/thread.js";
import { now, setClock } from "../ui/times.js";
import { Composer } from "./composer.js";
import { Dialogs } from "./dialogs.js";
import { Head } from "./head.js";
import { fitKeyboard } from "./keyboard.js";
import { Line } from "./line.js";
import { keepMenus } from "./menu.js";
import { Notices } from "./notices.js";
import { Sending } from "./sending.js";
import { Sight } from "./sight.js";
import { safeStore } from "./stores.js";

const NAMES_TOLD = 3;

/**
 * Where the chat stands when it is not a page of its own: the widget's frame, or the drop-in component.
 * @typedef {object} ChatHost
 * @property {boolean} shown
 * @property {string} page address of the page around
 * @property {boolean} [keepsFocus] the page around decides where one writes
 * @property {Promise<void>} [greeted]
 * @property {(type: "shown"|"send", listener: (data: object) => void) => void} on
 * @property {(type: "close"|"unread"|"lang", data?: object) => void} post
 */

export class Chat {
  #find;
  #ending = new AbortController();
  #offs = [];

  /**
   * @param {Element|ShadowRoot} root
   * @param {object} options
   * @param {object} options.config as the server gives it (apps/visitor/views.py)
   * @param {Object<string,string>} options.words
   * @param {import("../sdk/csdesk-visitor.js").VisitorClient} options.client
   * @param {ChatHost|null} [options.host]
   * @param {{local: Storage, session: Storage}} [options.stores] for the sound's choice, and for drafts
   * @param {boolean} [options.isPage] the whole page is this chat: its title and its height are ours
   */
  constructor(root, { config, words, client, host = null, stores, isPage = false }) {
    this.root = root;
    this.config = config;
    this.words = words;
    this.client = client;
    this.host = host;
    this.isPage = isPage;
    this.stores = stores || { local: safeStore("localStorage"), session: safeStore("sessionStorage") };
    this.#find = (selector) => root.querySelector(selector);
    if (config.time) setClock(config.time);
    if (!isPage) drawIcons(root);
    this.#makeParts();
    this.#listen();
    this.#buttons();
  }

  /** Connect, and tell the service that the customer is here. */
  async begin() {
    if (this.isPage) fitKeyboard(this.#ending.signal);
    await this.host?.greeted;
    if (this.#ending.signal.aborted) return;
    this.client.page = this.host ? this.host.page : location.href;
    this.client.referrer = this.host ? "" : document.referrer;
    this.client.connect();
    this.#show();
    if (this.isShown && !this.host?.keepsFocus) this.composer.focus();
  }

  /** Take every listener off. The markup may be thrown away then. */
  destroy() {
    this.#ending.abort();
    for (const off of this.#offs.splice(0)) off();
    this.reading.destroy();
    this.thread.destroy();
    this.line.destroy();
    this.notices.destroy();
  }

  get isShown() {
    return !document.hidden && (!this.host || this.host.shown);
  }

  #makeParts() {
    const { root, words, config, client, stores } = this;
    const { signal } = this.#ending;
    this.thread = new Thread(this.#find(".thread"), this.#threadOptions());
    this.reading = new Reading({
      scroll: this.#find(".window-scroll"),
      thread: this.thread,
      pill: this.#find(".below"),
      label: (fresh) => (fresh ? fill(words.new_below, { n: fresh }) : words.to_end),
      onTop: () => this.#earlier(),
      onEnd: () => this.sight.look(),
    });
    this.head = new Head({ state: this.#find(".window-state"), words });
    this.head.picture(config.picture);
    this.line = new Line({ banner: this.#find("#banner"), words, retry: () => client.reconnect() });
    const { host, isPage } = this;
    this.notices = new Notices({ root, words, store: stores.local, host, signal, isPage });
    this.sight = new Sight({
      isLookedAt: () => this.isShown && this.reading.atEnd,
      seen: () => client.markRead(),
      unread: () => client.state.unread,
      tell: (count) => this.notices.unread(count),
      signal,
    });
    this.dialogs = new Dialogs(root);
    this.sending = new Sending({
      client,
      thread: this.thread,
      config,
      words,
      trouble: (text) => this.line.trouble(text),
      drawn: (draw) => this.#drawn(draw),
    });
    this.composer = new Composer({
      root,
      words,
      config,
      signal,
      store: stores.session,
      send: (text) => this.#say(text),
      sendFiles: (files) => this.#sendFiles(files),
      sendRecording: (file, name, measures) => {
        client.sendFile(file, name, measures);
        this.reading.toEnd();
      },
      trouble: (text) => this.line.trouble(text),
      typing: (text) => client.typing(config.preview ? text.slice(0, 500) : undefined),
    });
  }

  #threadOptions() {
    const { words, config, client } = this;
    return {
      side: "customer",
      scroll: this.#find(".window-scroll"),
      words,
      locale: config.language,
      service: { name: config.name, picture: config.picture },
      canAnswer: (message) => this.#canAnswer(message),
      canRecall: (message) => this.#canRecall(message),
      canVote: ({ session }) => this.#isOpen(session),
      on: {
        answer: (text) => this.#say(text),
        rate: (choice) => this.#rate(choice),
        vote: (helpful, message) => client.vote(message.id, helpful),
        retry: (id) => client.retry(id),
        cancel: (id) => client.cancel(id),
        recall: (message) => client.recall(message.id),
        again: (text) => this.composer.put(text),
        stale: (message) => client.refreshMessage(message),
      },
    };
  }

  // Suggestions of a welcome card may be asked any time; a branch only while its session waits for it.
  #canAnswer(message) {
    if (String(message.message.data?.src) === "29") return true;
    return this.client.session?.state === "flow" && this.#isOpen(message.session);
  }

  #isOpen(session) {
    const view = this.client.session;
    return view?.id === session && view.state !== "closed";
  }

  #canRecall(message) {
    const view = this.client.state.sessions.get(message.session);
    return Boolean(view?.can.includes("recall")) && now() - message.time < this.config.recall * 1000;
  }

  async #rate(choice) {
    try {
      await this.client.rate(choice);
    } catch (error) {
      throw new Error(error.code === "unavailable" ? this.words.rating_failed : error.message);
    }
  }

  #say(text) {
    this.client.sendText(text);
    this.reading.toEnd();
  }

  #sendFiles(files) {
    this.sending.files(files);
    this.reading.toEnd();
  }

  #listen() {
    const { client } = this;
    const on = (event, listener) => this.#offs.push(client.on(event, listener));
    on("link", (link) => this.#linkChanged(link));
    on("ready", () => this.#ready());
    on("message", (event) => this.#message(event));
    on("pending", ({ pending }) => this.sending.show(pending));
    on("progress", ({ pending }) => this.thread.progress(pending.client_id, pending.progress));
    on("state", () => this.#stateChanged());
    on("synced", () => this.#fillUp());
    on("history", () => this.#historyCame());
    on("typing", ({ on: writes, name }) => this.#typing(writes, name));
    on("read", ({ session, by, seq }) => by === "agent" && this.thread.read(session, seq));
    on("unread", () => this.sight.counted());
    on("refused", ({ code, detail }) => this.line.refused(code, detail));
    on("lost", ({ names }) => this.#lost(names));
    on("pre_chat", ({ form }) => this.#ask(form));
    on("reset", () => this.#reset());
    const { signal } = this.#ending;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    // A page that the browser had put away comes back as it was; its connection is long gone.
    addEventListener("pageshow", (event) => event.persisted && this.#visibility(), { signal });
    this.host?.on("shown", () => this.#hostShows());
    this.host?.on(
      "send",
      ({ text }) =>
        typeof text === "string" && text.trim() && this.#say(text.slice(0, this.config.textLimit)),
    );
  }

  #linkChanged(link) {
    this.line.link(link);
    this.head.link = link.link;
    // A known user's signature may end, and a new one come (`identify`).
    if (link.link === "gone" || this.isGone) this.composer.disable(link.link === "gone");
    this.isGone = link.link === "gone";
  }

  #ready() {
    this.head.channel = this.client.state.channel;
    this.#stateChanged();
    this.#fillUp();
  }

  #message({ frame, isNew, live }) {
    const isOthers = isNew && frame.from.kind !== "customer";
    const spokenTo = isOthers && live;
    const fresh = isOthers && this.thread.isNewest(frame) ? 1 : 0;
    this.#drawn(() => this.thread.put(frame, { isLive: live || !isNew }), { fresh });
    if (frame.message.type === "recalled") this.notices.silence();
    if (!spokenTo) return;
    this.notices.arrived(frame, this.thread.spoken(frame), this.isShown && this.reading.atEnd);
    this.sight.look();
  }

  #drawn(draw, how) {
    this.#find(".loading")?.remove();
    this.reading.keep(draw, how);
    this.#empty();
  }

  #stateChanged() {
    const view = this.client.session;
    this.head.show(view);
    this.#find("#preview-note").hidden = !(this.config.preview && view?.state === "serving");
    const can = new Set(view?.can || []);
    for (const button of this.root.querySelectorAll("[data-can]"))
      button.hidden = !can.has(button.dataset.can);
    this.#find(".quick").hidden = !this.#find(".quick > :not([hidden])");
    this.reading.keep(() => {
      this.#queueNotice(view);
      const isOver = view?.state === "closed" && this.client.state.link !== "gone";
      this.#find("#after-end").hidden = !isOver;
      this.thread.refresh();
    });
    this.#empty();
  }

  #queueNotice(view) {
    const waits = view?.state === "queued";
    const notice = this.#find(".queue-notice");
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
    this.line.trouble(fill(this.words.files_lost, { names: shown.join(" ") + more }), { stays: true });
  }

  // What is asked before the first word; most channels ask nothing and load nothing for it.
  async #ask(form) {
    if (form || this.preChat) (await import("./pre-chat.js")).ask(this);
  }

  #empty() {
    const { messages, pending } = this.client.state;
    this.#find(".empty").hidden = Boolean(messages.size || pending.length || this.#find(".loading"));
  }

  #earlier() {
    if (this.client.history() && this.client.hasMore) this.#find("#earlier").hidden = false;
  }

  #historyCame() {
    this.#find("#earlier").hidden = true;
    this.#find(".loading")?.remove();
    this.#empty();
    this.#fillUp();
  }

  // A short page asks for what came before, so that there is something to scroll.
  #fillUp() {
    if (this.reading.isShort && this.client.hasMore && this.client.state.link === "live")
      this.client.history();
    this.sight.look();
  }

  #typing(on, name) {
    const line = this.#find(".typing");
    this.reading.keep(() => {
      line.hidden = !on;
      line.querySelector("span").textContent = fill(name ? this.words.typing_named : this.words.typing, {
        name,
      });
    });
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
    this.sight.look();
  }

  #hostShows() {
    if (this.#ending.signal.aborted) return;
    if (!this.host.shown && this.client.session?.state === "closed") this.wasShown = false;
    this.#visibility();
    if (this.isShown && !this.host?.keepsFocus) this.composer.focus();
  }

  #reset() {
    this.thread.clear();
    for (const pending of this.client.state.pending) this.sending.show(pending);
    this.#stateChanged();
  }

  #buttons() {
    const { signal } = this.#ending;
    const acts = {
      request_agent: () => this.client.requestAgent(),
      leave_queue: () => this.dialogs.ask("leave").then((sure) => sure && this.client.leaveQueue()),
      rate: () => this.client.askRating(),
      end: () => this.dialogs.ask("end").then((sure) => sure && this.client.end()),
      minimise: () => this.host?.post("close"),
    };
    this.root.addEventListener(
      "click",
      ({ target }) => {
        const button = target.closest?.("[data-act]");
        button?.closest("details")?.removeAttribute("open");
        if (button) acts[button.dataset.act]?.();
        const language = target.closest?.("[data-lang]")?.dataset.lang;
        if (language) this.host?.post("lang", { lang: language });
      },
      { signal },
    );
    keepMenus(this.root, signal);
    // On a page of its own Escape counts wherever one is.
    const place = this.isPage ? window : this.root;
    place.addEventListener("keydown", (event) => this.#escape(event), { signal });
  }

  // Escape closes what is open first, then the widget.
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.#find("dialog[open]")) return;
    this.host?.post("close");
  }
}
