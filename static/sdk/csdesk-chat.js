/**
 * <csdesk-chat>: the whole chat in the app's own page, with any framework or none (V-10).
 *
 *     <script type="module" src="https://HOST/static/sdk/csdesk-chat.js"></script>
 *     <csdesk-chat channel="KEY"></csdesk-chat>
 *     <csdesk-chat sdkappid="1400000000" userid="u-77" usersig="…" conversation="C2C@shop"></csdesk-chat>
 *
 * Attributes: `channel` (a key), or `sdkappid`, `userid`, `usersig` (with `nickname`, `avatar`) and
 * `conversation` ("C2C" and the channel's account id; the default account without it); `lang`; `theme`
 * (auto, light, dark). All may change at any time, and each is a property, too.
 *
 * What stands between the tags is shown until the chat is there, and where it cannot be.
 *
 * Events: `csdesk-ready`, `csdesk-unread` {count}, `csdesk-message` {id, session, time, from, type, text},
 * `csdesk-identity` {userID, nickname, verified}, `csdesk-expired` {userID}, `csdesk-error` {code, detail}.
 *
 * Methods: `send(text)`, `identify(user | null)` (a promise). `client` is the VisitorClient underneath.
 */
import { Chat } from "../visitor/chat.js";
import { plainMessage } from "../visitor/host.js";
import { safeStore } from "../visitor/stores.js";
import { VisitorClient, VisitorError } from "./csdesk-visitor.js";
import { dress, fetchPart } from "./csdesk-part.js";

const BASE = new URL(import.meta.url).origin;
const DEFAULT_ACCOUNT = "@default_customer_service_account";
const OF_PLACE = ["channel", "conversation", "lang"];
const OF_USER = ["userid", "usersig", "nickname", "avatar"];
const RETRY_MS = 15_000; // what is only away for a while comes back

/** Whom the chat asks about its place; the elements of a page take what concerns them from its events. */
class Place {
  #element;
  #listeners = new Map();
  #shown = false;
  #watch = new IntersectionObserver((seen) => this.#show(seen));
  keepsFocus = true;

  constructor(element) {
    this.#element = element;
  }

  /** Whether the element is in sight, as of the last frame. */
  get shown() {
    this.#show(this.#watch.takeRecords());
    return this.#shown;
  }

  get page() {
    return location.href;
  }

  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  begin() {
    this.#watch.observe(this.#element);
  }

  end() {
    this.#watch.disconnect();
  }

  #show(seen) {
    const shown = seen.at(-1)?.isIntersecting ?? this.#shown;
    if (this.#shown === shown) return;
    this.#shown = shown;
    this.#listeners.get("shown")?.({ shown });
  }

  say(text) {
    this.#listeners.get("send")?.({ text });
  }

  post(type, data) {
    if (type === "unread") this.#element.tell("unread", data);
    else if (type === "lang") this.#element.lang = data.lang;
  }
}

/** The same store under names of one element's own, so that two on a page do not write over each other. */
function named(store, number) {
  if (!number) return store;
  const own = (key) => `${key}:${number}`;
  return {
    getItem: (key) => store.getItem(own(key)),
    setItem: (key, value) => store.setItem(own(key), value),
    removeItem: (key) => store.removeItem(own(key)),
  };
}

const taken = new Map(); // channel → numbers of the elements that stand on the page

function takeNumber(channel) {
  const numbers = taken.get(channel) || taken.set(channel, new Set()).get(channel);
  let number = 0;
  while (numbers.has(number)) number += 1;
  numbers.add(number);
  return [number, () => numbers.delete(number)];
}

class CsdeskChat extends HTMLElement {
  static observedAttributes = [...OF_PLACE, ...OF_USER, "sdkappid", "theme"];
  #root;
  #changed = new Set();
  #made = null; // what stands now: {client, chat, place, giveBack}
  #making = 0;
  #retry = 0;
  #words = [];
  #wishes = [];

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
    this.#showOwnWords();
  }

  /** The library's client, null before `csdesk-ready`. @returns {VisitorClient|null} */
  get client() {
    return this.#made?.client || null;
  }

  /** Say something for the customer. @param {string} text */
  send(text) {
    if (typeof text !== "string" || !text.trim()) return;
    if (this.#made) this.#made.place.say(text);
    else this.#words.push(text);
  }

  /**
   * Say who the customer is; null signs out.
   * @param {import("./csdesk-visitor.js").User|null} user
   * @returns {Promise<{userID: string, nickname: string, verified: boolean}|null>}
   *   rejects with a VisitorError
   */
  identify(user) {
    return new Promise((resolve, reject) => {
      this.#wishes.push({ user, resolve, reject });
      this.#fulfil();
    });
  }

  connectedCallback() {
    this.#change("channel");
  }

  disconnectedCallback() {
    // Moved within the page it is here again before this has been done.
    queueMicrotask(() => this.isConnected || this.#takeDown());
  }

  attributeChangedCallback(name, old, value) {
    if (name === "theme") this.#dressTheme();
    else if (old !== value) this.#change(name);
  }

  /** Tell the page. @param {string} name @param {object} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`csdesk-${name}`, { detail, bubbles: true, composed: true }));
  }

  // Frameworks set one attribute after the other: what changed together is looked at once.
  #change(name) {
    if (!this.#changed.size) queueMicrotask(() => this.#settle());
    this.#changed.add(name);
  }

  #settle() {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (!this.isConnected) return;
    const isNew = !this.#made && !this.#making;
    const has = (names) => changed.some((name) => names.includes(name));
    if (isNew || this.#hasMoved || (this.#making && has(OF_PLACE))) this.#make();
    else if (this.#made && has(OF_USER)) this.#followUser();
  }

  get #hasMoved() {
    const made = this.#made;
    return Boolean(made) && (made.channel !== this.#channel || made.lang !== this.#lang);
  }

  get #channel() {
    const key = this.getAttribute("channel");
    return key || (this.getAttribute("conversation") || "").replace(/^C2C/, "") || DEFAULT_ACCOUNT;
  }

  get #lang() {
    const asked = this.getAttribute("lang") || "";
    return /^zh/i.test(asked) ? "zh-hans" : /^en/i.test(asked) ? "en" : "";
  }

  // The user whom the attributes name.
  get #user() {
    const [userID, userSig, nickname, avatar] = OF_USER.map((name) => this.getAttribute(name) || "");
    if (!userID) return null;
    return { userID, userSig, ...(nickname && { nickname }), ...(avatar && { avatar }) };
  }

  async #make() {
    this.#takeDown();
    const making = (this.#making = Math.random());
    const [channel, lang] = [this.#channel, this.#lang];
    try {
      const part = await fetchPart(BASE, channel, lang);
      const sheets = await dress(BASE, part.styles);
      if (making !== this.#making) return;
      this.#making = 0;
      this.#build(part, sheets, channel, lang);
    } catch (error) {
      if (making !== this.#making) return;
      this.#making = 0;
      this.#fail(error);
    }
  }

  #build({ config, words, markup }, sheets, channel, lang) {
    this.#root.adoptedStyleSheets = sheets;
    this.#root.innerHTML = markup;
    this.#dressTheme();
    const [number, giveBack] = takeNumber(channel);
    const local = safeStore("localStorage");
    const session = named(safeStore("sessionStorage"), number);
    const user = this.#user;
    const client = new VisitorClient({
      channel,
      base: BASE,
      storage: local,
      verifiedStorage: session,
      outbox: session,
      language: config.language,
      ...(user?.userSig ? { user } : {}),
    });
    const place = new Place(this);
    this.#listen(client);
    const chat = new Chat(this.#root, { config, words, client, host: place, stores: { local, session } });
    this.#made = { channel, lang, client, chat, place, giveBack, userID: user?.userID || "" };
    if (user && !user.userSig) this.tell("error", { code: "invalid", detail: "usersig is missing" });
    place.begin();
    chat.begin();
    this.#fulfil();
    for (const text of this.#words.splice(0)) place.say(text);
  }

  #listen(client) {
    client.on("ready", ({ first }) => first && this.tell("ready", {}));
    client.on("message", ({ frame, isNew, live }) => {
      if (isNew && live) this.tell("message", plainMessage(frame));
    });
    client.on("identity", (who) => this.tell("identity", who));
    client.on("expired", (who) => this.tell("expired", who));
    client.on("refused", ({ code, detail }) => this.tell("error", { code, detail }));
  }

  #takeDown() {
    clearTimeout(this.#retry);
    this.#making = 0;
    const made = this.#made;
    this.#made = null;
    if (!made) return;
    made.place.end();
    made.chat.destroy();
    made.client.close();
    made.giveBack();
    this.#showOwnWords();
  }

  // What stands between the tags is shown until the chat is there, and where it cannot be.
  #showOwnWords() {
    this.#root.replaceChildren(document.createElement("slot"));
  }

  #fail({ code = "unavailable", message }) {
    console.warn(`csdesk: no chat from ${BASE} on this page: ${message}`);
    for (const { reject } of this.#wishes.splice(0)) reject(new VisitorError(code, message));
    this.tell("error", { code, detail: message });
    if (code === "unavailable") this.#retry = setTimeout(() => this.isConnected && this.#make(), RETRY_MS);
  }

  #followUser() {
    const user = this.#user;
    if (!user && !this.#made.userID) return;
    // The signature follows its user a moment later in some frameworks.
    if (user && !user.userSig) return;
    this.#made.userID = user?.userID || "";
    this.identify(user).catch((error) => this.tell("error", { code: error.code, detail: error.message }));
  }

  #fulfil() {
    if (!this.#made) return;
    const { client } = this.#made;
    for (const { user, resolve, reject } of this.#wishes.splice(0)) {
      const done = user === null ? client.signOut() : client.identify(user);
      done.then((who) => resolve(user === null ? null : { ...who, verified: true }), reject);
    }
  }

  #dressTheme() {
    const theme = this.getAttribute("theme");
    if (theme === "light" || theme === "dark") this.dataset.theme = theme;
    else delete this.dataset.theme;
  }
}

for (const name of CsdeskChat.observedAttributes) {
  if (name in CsdeskChat.prototype) continue; // `lang` is every element's already
  Object.defineProperty(CsdeskChat.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getAttribute(name) || "";
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
  });
}

if (!customElements.get("csdesk-chat")) customElements.define("csdesk-chat", CsdeskChat);
