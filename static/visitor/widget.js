// The widget itself. The parts before this one are put into one function with it by apps/visitor/widget.py,
// so nothing but `window.csdesk` is seen by the page (V-2).

const LANGUAGES = /^(zh-hans|en)$/;
const RECORD_LIMIT = 8000;

class Widget {
  /** @param {{origin, channel, nonce, isBare, script}} options */
  constructor(options) {
    Object.assign(this, options);
    this.lasting = new Keeping("localStorage");
    this.passing = new Keeping("sessionStorage");
    this.key = "csdesk-visitor:" + this.channel;
    this.userKey = "csdesk-user:" + this.channel;
    this.langKey = "csdesk-lang:" + this.channel;
    this.listeners = new Listeners();
    const forget = () => this.passing.set(this.userKey, null);
    this.identity = new Identity({ frame: () => this.frame, forget });
    this.words = [];
    this.frame = this.box = this.look = this.title = null;
    this.shown = this.isOver = this.isStarting = false;
    this.unread = 0;
    this.address = location.href;
    this.ending = new AbortController();
    this.watchPage();
  }

  // ---------- what the page may call ----------

  open() {
    if (this.isOver || this.shown) return;
    if (!this.box) {
      this.wantsOpen = true;
      this.start();
      return;
    }
    this.former = document.activeElement;
    this.ungreet();
    this.shown = true;
    this.box.show(true);
    this.load();
    this.label();
    if (this.frame.isReady) this.frame.post("shown", { shown: true });
    this.frame.element.focus();
    this.listeners.tell("open", {});
  }

  close(isOfFrame) {
    this.wantsOpen = false;
    if (!this.shown) return;
    this.shown = false;
    this.box.show(false);
    this.frame.post("shown", { shown: false });
    this.label();
    if (isOfFrame === true) this.refocus();
    this.listeners.tell("close", {});
  }

  send(text) {
    if (this.isOver || typeof text !== "string" || !text.trim()) return;
    this.words.push(text);
    this.open();
    this.saySaved();
  }

  destroy() {
    if (this.isOver) return;
    this.isOver = true;
    this.ending.abort();
    this.identity.giveUp("destroyed", "The widget was taken off the page.");
    this.unread = 0;
    this.mark();
    if (this.frame) this.frame.remove();
    if (this.box) this.box.remove();
    this.frame = this.box = null;
  }

  // ---------- coming ----------

  /** Ask how the launcher looks, and put it on the page; nothing else is asked before it is opened. */
  async start() {
    if (this.isStarting || this.box || this.isOver) return;
    this.isStarting = true;
    try {
      this.look = await this.fetchLook();
    } catch (error) {
      this.complain(error);
    }
    this.isStarting = false;
    if (!this.look || this.isOver || this.box) return;
    this.build();
    // A session that is still open goes on after a reload; nothing else connects by itself.
    if (this.hasSession()) this.load();
    if (this.wantsOpen) this.open();
  }

  async fetchLook() {
    const lang = this.language();
    const address = this.origin + "/chat/" + encodeURIComponent(this.channel) + "/look.json";
    const asked = address + (lang ? "?lang=" + lang : "");
    const answer = await fetch(asked, { credentials: "omit", mode: "cors" });
    const found = await answer.json();
    if (!answer.ok) throw failure(found.code || "unavailable", found.detail);
    return found;
  }

  // Without a word nobody would know why there is no launcher; who builds the page looks here.
  complain(error) {
    const why = error.code ? error.message : "it cannot be reached, or this page's policy forbids it";
    console.warn("csdesk: no chat from " + this.origin + " on this page: " + why);
    this.listeners.tell("error", { code: error.code || "unavailable", detail: why });
  }

  build() {
    this.box = new Box({
      channel: this.channel,
      look: this.look,
      isBare: this.isBare,
      nonce: this.nonce,
      on: {
        press: () => (this.shown ? this.close() : this.open()),
        greeted: () => this.ungreet(),
        again: () => this.frame.load(this.frameAddress(), this.look.title),
        close: () => this.close(true),
      },
    });
    this.box.speak(this.look);
    const { greeting } = this.look;
    if (greeting && this.lasting.get(this.key + ":greeted") !== greeting && !this.hasSession())
      this.box.greet(greeting);
    this.label();
  }

  load() {
    if (this.frame) return;
    this.frame = new ChatFrame({
      origin: this.origin,
      place: this.box.panel,
      hello: () => this.hello(),
      hears: (type, data) => this.hears(type, data),
      troubled: (is) => this.box.troubled(is, this.frame && this.frame.element),
    });
    this.frame.load(this.frameAddress(), this.look.title);
  }

  frameAddress() {
    const lang = this.language();
    const address = this.origin + "/chat/" + encodeURIComponent(this.channel) + "/frame/";
    return address + (lang ? "?lang=" + lang : "");
  }

  // ---------- talking with the frame ----------

  hello() {
    return Object.assign(this.records(), this.identity.begin(), {
      shown: this.shown,
      page: this.address.slice(0, 500),
    });
  }

  records() {
    return { kept: this.lasting.get(this.key), verified: this.passing.get(this.userKey) };
  }

  hasSession() {
    const { kept, verified } = this.records();
    return isOpenSession(verified) || isOpenSession(kept);
  }

  hears(type, data) {
    if (type === "ready") this.ready();
    else if (type === "keep") this.keep(data);
    else if (type === "unread") this.count(Number(data.count) || 0);
    else if (type === "close") this.close(true);
    else if (type === "lang" && LANGUAGES.test(data.lang)) this.speak(data.lang);
    else if (type === "message") this.listeners.tell("message", data.message);
    else if (type === "identity") this.listeners.tell("identity", whoIs(data));
    else if (type === "expired") this.listeners.tell("expired", { userID: String(data.userID || "") });
    else if (type === "identified") this.identified(data);
  }

  ready() {
    this.frame.post("shown", { shown: this.shown });
    this.identity.tell(this.frame);
    this.saySaved();
    this.listeners.tell("ready", {});
  }

  saySaved() {
    if (!this.frame || !this.frame.isReady) return;
    while (this.words.length) this.frame.post("send", { text: this.words.shift() });
  }

  keep({ value, verified }) {
    const isFine = value === null || (typeof value === "string" && value.length < RECORD_LIMIT);
    if (!isFine) return;
    if (verified === true) this.passing.set(this.userKey, value);
    else this.lasting.set(this.key, value);
  }

  identified(data) {
    if (data.code)
      this.listeners.tell("error", { code: String(data.code), detail: String(data.detail || "") });
    this.identity.settled(data);
  }

  // ---------- language ----------

  // What was chosen in the chat holds as long as the host page speaks the language it spoke then.
  language() {
    const page = this.pageLanguage();
    const own = (this.lasting.get(this.langKey) || "").split("|");
    const chosen = own[0] && (own[1] || "") === page ? own[0] : page;
    return LANGUAGES.test(chosen) ? chosen : "";
  }

  pageLanguage() {
    const said = this.script.getAttribute("data-lang") || this.lang;
    return /^zh/i.test(said) ? "zh-hans" : /^en/i.test(said) ? "en" : "";
  }

  async speak(lang) {
    this.lasting.set(this.langKey, lang + "|" + this.pageLanguage());
    this.frame.load(this.frameAddress(), this.look.title);
    try {
      this.look = await this.fetchLook();
    } catch (error) {
      return; // the launcher then speaks as before
    }
    if (this.isOver) return;
    this.frame.element.title = this.look.title;
    this.box.speak(this.look);
    this.label();
  }

  // ---------- telling ----------

  ungreet() {
    if (!this.box.greeting) return;
    this.box.ungreet();
    this.lasting.set(this.key + ":greeted", this.look.greeting);
  }

  count(number) {
    if (number === this.unread) return;
    this.unread = number;
    this.label();
    this.listeners.tell("unread", { count: number });
  }

  label() {
    if (this.box) this.box.label(this.unread);
    this.mark();
  }

  // The page's title tells those who look at another tab; it is given back as it was.
  mark() {
    if (this.title && document.title === this.title.ours) document.title = this.title.before;
    this.title = null;
    if (!this.unread || !document.hidden) return;
    this.title = { before: document.title, ours: "(" + this.unread + ") " + document.title };
    document.title = this.title.ours;
  }

  refocus() {
    const place = this.isBare ? this.former : this.box.launcher;
    if (place && place.focus) place.focus();
  }

  // ---------- the page around ----------

  watchPage() {
    const signal = this.ending.signal;
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    // Another tab has renewed the token.
    on(window, "storage", (event) => event.key === this.key && this.postRecords());
    on(window, "pageshow", (event) => event.persisted && this.cameBack());
    on(document, "visibilitychange", () => this.looked());
    if (window.visualViewport) {
      on(visualViewport, "resize", () => this.box && this.box.fit());
      on(visualViewport, "scroll", () => this.box && this.box.fit());
    }
    on(window, "popstate", () => this.went());
    on(window, "hashchange", () => this.went());
    if (window.navigation && navigation.addEventListener)
      on(navigation, "currententrychange", () => this.went());
  }

  postRecords() {
    if (this.frame) this.frame.post("kept", this.records());
  }

  // Out of the browser's back/forward cache: what happened elsewhere meanwhile was not told.
  cameBack() {
    this.postRecords();
    this.label();
  }

  looked() {
    this.mark();
    // A chat that was begun in another tab meanwhile goes on in this one, too.
    if (!document.hidden && this.box && !this.frame && this.hasSession()) this.load();
  }

  // A single-page app shows another of its pages.
  went() {
    if (location.href === this.address) return;
    this.address = location.href;
    if (this.frame) this.frame.post("page", { page: this.address.slice(0, 500) });
  }
}
