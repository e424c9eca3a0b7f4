// Talking with the page that shows us in a frame: exact origin, exact source, known words.
// The token lives in that page's own storage, so it is a Store for the library too.

const HELLO_MS = 4000;

/** @implements {import("../sdk/csdesk-visitor.js").Store} */
export class Host {
  #sites;
  #origin = null;
  #kept = null;
  #listeners = new Map();
  #greet;

  /** @param {string[]} sites origins that may show us */
  constructor(sites) {
    this.#sites = new Set(sites);
    // Opened by itself, outside of any page.
    const alone = parent === window;
    /** The address of the host page. */
    this.page = "";
    this.shown = alone;
    /** Settled when the host page has said hello (or nobody did). */
    this.greeted = new Promise((resolve) => (this.#greet = resolve));
    addEventListener("message", (event) => this.#receive(event));
    setTimeout(this.#greet, alone ? 0 : HELLO_MS);
  }

  /** @param {string} type @param {(data: object) => void} listener */
  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  /** Tell the host page something. @param {string} type @param {object} [data] */
  post(type, data = {}) {
    if (this.#origin) parent.postMessage({ csdesk: 1, type, ...data }, this.#origin);
  }

  getItem() {
    return this.#kept;
  }

  setItem(key, value) {
    this.#kept = value;
    this.post("keep", { value });
  }

  removeItem() {
    this.#kept = null;
    this.post("keep", { value: null });
  }

  #receive(event) {
    const { data } = event;
    if (event.source !== parent || parent === window || !this.#sites.has(event.origin) || data?.csdesk !== 1)
      return;
    if (data.type === "hello") this.#hello(event.origin, data);
    else if (event.origin === this.#origin && data.type === "shown") {
      this.shown = data.shown === true;
      this.#listeners.get("shown")?.(data);
    } else if (event.origin === this.#origin && data.type === "kept") {
      // Another tab of the host page has renewed the token.
      this.#kept = typeof data.kept === "string" ? data.kept : null;
    } else if (event.origin === this.#origin) this.#listeners.get(data.type)?.(data);
  }

  #hello(origin, data) {
    if (this.#origin) return;
    this.#origin = origin;
    this.#kept = typeof data.kept === "string" ? data.kept : null;
    this.page = typeof data.page === "string" ? data.page : "";
    this.shown = data.shown === true;
    this.post("ready");
    this.#greet();
  }
}
