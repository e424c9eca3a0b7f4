// What the connection and refusals have to say: one quiet banner, never a dialog.
import { el, fill, icon } from "../ui/dom.js";

const GRACE_MS = 3000; // a short break is nobody's business
const TROUBLE_MS = 8000;

export class Line {
  #banner;
  #words;
  #retry;
  #grace = 0;
  #ticking = 0;
  #passing = 0;
  #link = { link: "idle", retryAt: null };
  #everLive = false;

  /** @param {{banner: HTMLElement, words: Object<string,string>, retry: () => void}} options */
  constructor({ banner, words, retry }) {
    this.#banner = banner;
    this.#words = words;
    this.#retry = retry;
  }

  /** @param {{link: string, retryAt: number|null, code?: string|null}} link */
  link(link) {
    this.#link = link;
    if (link.link === "live") {
      this.#everLive = true;
      this.#quiet();
      return;
    }
    if (link.link === "gone") {
      this.#quiet();
      this.#show("late", "alert", this.#words[`gone_${link.code}`] || this.#words.gone);
      return;
    }
    if (!this.#grace && !this.#ticking)
      this.#grace = setTimeout(() => this.#tick(), this.#everLive ? GRACE_MS : 2 * GRACE_MS);
  }

  /**
   * Something went wrong that one may read and forget.
   * @param {string} text
   * @param {{stays?: boolean}} [how] it stays until it is dismissed
   */
  trouble(text, { stays = false } = {}) {
    this.#show(
      "late",
      "alert",
      text,
      el(
        "button",
        {
          type: "button",
          class: "button quiet small bare",
          "aria-label": this.#words.dismiss,
          onclick: () => this.#clear(),
        },
        icon("x", "small"),
      ),
    );
    clearTimeout(this.#passing);
    if (!stays) this.#passing = setTimeout(() => this.#clear(), TROUBLE_MS);
  }

  /** A refusal of the service in words. @param {string} code @param {string} [detail] */
  refused(code, detail) {
    if (code === "rate_limited" || code === "unknown_op" || this.#link.link === "gone") return;
    this.trouble(detail || this.#words[`refused_${code}`] || this.#words.refused);
  }

  /** Nothing is said or counted any more. */
  destroy() {
    this.#quiet();
  }

  #quiet() {
    clearTimeout(this.#grace);
    clearInterval(this.#ticking);
    this.#grace = this.#ticking = 0;
    this.#clear();
  }

  #tick() {
    this.#grace = 0;
    this.#say();
    this.#ticking = setInterval(() => this.#say(), 1000);
  }

  #say() {
    const seconds = Math.ceil(((this.#link.retryAt || 0) - Date.now()) / 1000);
    const waits = this.#link.link === "waiting" && seconds > 1;
    const text = waits ? fill(this.#words.offline_in, { n: seconds }) : this.#words.reconnecting;
    const known = this.#banner.querySelector("[data-line]");
    if (known && !this.#banner.hidden) {
      known.textContent = text;
      this.#banner.querySelector("button").hidden = !waits;
      return;
    }
    const now = el(
      "button",
      { type: "button", class: "button small", onclick: this.#retry, hidden: !waits },
      this.#words.try_now,
    );
    // Read out once, not every second.
    this.#show(
      "calm",
      "status",
      el("span", { data: { line: "" }, "aria-hidden": "true" }, text),
      el("span", { class: "unseen" }, this.#words.reconnecting),
      now,
    );
  }

  #show(kind, role, ...parts) {
    const body =
      typeof parts[0] === "string" ? [el("span", { dir: "auto" }, parts[0]), ...parts.slice(1)] : parts;
    this.#banner.className = `banner ${kind}`.trim();
    this.#banner.setAttribute("role", role);
    this.#banner.replaceChildren(icon(kind === "late" ? "alert" : "retry", "small"), ...body);
    this.#banner.hidden = false;
  }

  #clear() {
    clearTimeout(this.#passing);
    this.#banner.hidden = true;
    this.#banner.replaceChildren();
  }
}
