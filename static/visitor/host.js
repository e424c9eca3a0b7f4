// Talking with the page that shows us in a frame: exact origin, exact source, known words.
// Tokens live in that page's own storage, so it is two Stores for the library: the lasting one, and
// `verified`, which ends with the browser's tab.

// A page that is busy may take a while to answer; whoever shows us without our script never does.
const HELLO_MS = 10_000;
const USER_FIELDS = ["userID", "userSig", "nickname", "avatar"];
const SAID_LIMIT = 5000;

/** @implements {import("../sdk/csdesk-visitor.js").Store} */
export class Host {
  #sites;
  #origin = null;
  #records = { kept: null, verified: null };
  #listeners = new Map();
  #greet;
  #client = null;
  #wish = 0;

  /** @param {string[]} sites origins that may show us */
  constructor(sites) {
    this.#sites = new Set(sites);
    // Opened by itself, outside of any page.
    const alone = parent === window;
    /** The address of the host page. */
    this.page = "";
    this.shown = alone;
    /** Settled when the host page has said hello and its user is known (or nobody said anything). */
    this.greeted = new Promise((resolve) => (this.#greet = resolve));
    /** Where the token of a verified user is kept. @type {import("../sdk/csdesk-visitor.js").Store} */
    this.verified = this.#store("verified");
    const { getItem, setItem, removeItem } = this.#store("kept");
    Object.assign(this, { getItem, setItem, removeItem });
    addEventListener("message", (event) => this.#receive(event));
    // We can hear; who the page is, we learn by its hello. Its `load` of a frame that is hidden may come seconds late.
    if (!alone) parent.postMessage({ csdesk: 1, type: "here" }, "*");
    setTimeout(this.#greet, alone ? 0 : HELLO_MS);
  }

  /** @param {string} type @param {(data: object) => void} listener */
  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  /** Tell the host page something. @param {string} type @param {object} [data] */
  post(type, data = {}) {
    if (!this.#origin) return;
    // The page hides us at once, and says so a moment later.
    if (type === "close") this.shown = false;
    parent.postMessage({ csdesk: 1, type, ...data }, this.#origin);
  }

  /**
   * Let the host page say who its user is and hear what is said. To be called before the chat begins.
   * @param {import("../sdk/csdesk-visitor.js").VisitorClient} client
   */
  serve(client) {
    this.#client = client;
    client.on("identity", ({ userID, nickname, verified }) =>
      this.post("identity", { userID, nickname, verified }),
    );
    client.on("expired", ({ userID }) => this.post("expired", { userID }));
    client.on("message", ({ frame, isNew, live }) => {
      if (isNew && live) this.post("message", { message: plainMessage(frame) });
    });
    // A socket would keep the host page out of the browser's back/forward cache.
    addEventListener("pagehide", () => client.close());
    addEventListener("pageshow", (event) => event.persisted && client.connect());
  }

  #store(name) {
    return {
      getItem: () => this.#records[name],
      setItem: (key, value) => this.#keep(name, value),
      removeItem: () => this.#keep(name, null),
    };
  }

  #keep(name, value) {
    this.#records[name] = value;
    this.post("keep", { value, verified: name === "verified" });
  }

  #receive(event) {
    const { data } = event;
    if (event.source !== parent || parent === window || !this.#sites.has(event.origin) || data?.csdesk !== 1)
      return;
    if (data.type === "hello") this.#hello(event.origin, data);
    else if (event.origin === this.#origin) (this.#words[data.type] || this.#heard)(data);
  }

  #heard = (data) => this.#listeners.get(data.type)?.(data);

  #words = {
    __proto__: null,
    shown: (data) => {
      this.shown = data.shown === true;
      this.#heard(data);
    },
    // Another tab of the host page has renewed the token.
    kept: (data) => this.#learn(data),
    identify: (data) => this.#identify(data),
    page: (data) => this.#went(data),
  };

  #learn(data) {
    for (const name of Object.keys(this.#records))
      this.#records[name] = typeof data[name] === "string" ? data[name] : null;
  }

  async #hello(origin, data) {
    if (this.#origin) return;
    this.#origin = origin;
    this.#learn(data);
    this.page = typeof data.page === "string" ? data.page : "";
    this.shown = data.shown === true;
    this.post("ready");
    // Who the customer is first, so that nothing of a former one is shown meanwhile.
    if (data.wish) await this.#identify(data);
    this.#greet();
  }

  async #identify({ user, wish }) {
    if (!Number.isInteger(wish) || wish <= this.#wish || !this.#client) return;
    this.#wish = wish;
    try {
      const who = user === null ? await this.#client.signOut() : await this.#client.identify(plainUser(user));
      const { userID = "", nickname = "", verified = user !== null } = who || {};
      this.post("identified", { wish, userID, nickname, verified });
    } catch (error) {
      this.post("identified", { wish, code: error.code || "unavailable", detail: error.message });
    }
  }

  // The host page is a single-page app that shows another of its pages now; an agent may see which.
  #went({ page }) {
    if (typeof page !== "string") return;
    this.page = page;
    const client = this.#client;
    if (!client) return;
    client.page = page;
    const state = client.session?.state;
    if (state && state !== "closed") client.signal({ src: "7", page });
  }
}

// Of what the page gives only what is known, as what it should be.
function plainUser(user) {
  const plain = {};
  for (const name of USER_FIELDS) if (typeof user?.[name] === "string") plain[name] = user[name];
  const more = user?.clientData;
  if (more && (typeof more === "object" || typeof more === "string")) plain.clientData = more;
  return plain;
}

/** Of a message what pages around a chat are told. */
export function plainMessage({ id, session, time, from, message }) {
  const text = message.type === "text" ? String(message.text).slice(0, SAID_LIMIT) : "";
  return { id, session, time, from: { kind: from.kind, name: from.name }, type: message.type, text };
}
