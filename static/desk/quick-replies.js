// Quick replies: fetched once, searched by title and text, their variables filled in.
import { DeskError } from "../sdk/csdesk-desk.js";
import { page } from "./words.js";

/**
 * @typedef {{id: number, category: string, title: string, text: string, mine: boolean, uses: number}} QuickReply
 */
export class QuickReplies extends EventTarget {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    super();
    this.bench = bench;
    /** @type {QuickReply[]} */ this.all = [];
    /** @type {"loading"|"ready"|"failed"} */ this.state = "loading";
    /** What is known of the chosen session beyond its names. @type {Object<string, string>} */ this.variables = {};
  }

  async load() {
    this.state = "loading";
    this.#changed();
    try {
      const answer = await fetch(page.quick_replies_url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.all = (await answer.json()).replies;
      this.state = "ready";
    } catch {
      this.state = "failed";
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Those whose title or text holds every word of the query, titles that begin with it first. */
  search(query) {
    const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const found = this.all.filter((reply) => words.every((word) => `${reply.title}\n${reply.text}`.toLocaleLowerCase().includes(word)));
    const rank = (reply) => {
      const title = reply.title.toLocaleLowerCase();
      if (!words.length || title.startsWith(words[0])) return 0;
      return title.includes(words[0]) ? 1 : 2;
    };
    return found.sort((one, other) => rank(one) - rank(other));
  }

  /** The text with the variables that are known here; others stay for the agent to fill. @param {string} text */
  filled(text) {
    const { desk, chosen } = this.bench;
    const known = {
      ...this.variables,
      CustomerName: chosen?.summary?.customer.name,
      StaffName: desk.member?.nickname,
      StaffNo: desk.member?.staffNo,
    };
    return text.replace(/\$\{(\w+)\}/g, (whole, name) => (Object.hasOwn(known, name) && known[name]) || whole);
  }

  /** One more message is made of it. @param {QuickReply} reply */
  countUse(reply) {
    if (!reply.id) return;
    reply.uses += 1;
    this.#request("POST", `${reply.id}/used/`).catch(() => {});
  }

  /** Adds one of one's own, or changes it. @param {{id?: number, title: string, text: string, category: string}} words rejects with words for the reader */
  async save({ id, ...words }) {
    const saved = await this.#request(id ? "PUT" : "POST", id ? `${id}/` : "", words);
    const at = this.all.findIndex((reply) => reply.id === saved.id);
    if (at < 0) this.all = [saved, ...this.all];
    else this.all = this.all.map((reply) => (reply.id === saved.id ? saved : reply));
    this.#changed();
  }

  /** Removes one of one's own. @param {number} id */
  async remove(id) {
    await this.#request("DELETE", `${id}/`);
    this.all = this.all.filter((reply) => reply.id !== id);
    this.#changed();
  }

  /** Where one's own are saved as a file. @param {"csv"|"xlsx"} form */
  fileAddress(form) {
    return `${page.quick_replies_url}mine.${form}`;
  }

  /** Takes a file of quick replies in. @param {File} file @returns {Promise<number>} how many it held */
  async takeFile(file) {
    const form = new FormData();
    form.append("file", file);
    const headers = { Accept: "application/json", "X-CSRFToken": page.csrf };
    const { replies } = await this.#answer(fetch(this.fileAddress("csv"), { method: "POST", headers, body: form }));
    await this.load();
    return replies;
  }

  async #request(method, path, body) {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": page.csrf };
    return this.#answer(fetch(page.quick_replies_url + path, { method, headers, body: body && JSON.stringify(body) }));
  }

  async #answer(asked) {
    const answer = await asked.catch(() => null);
    if (!answer) throw new DeskError("offline");
    if (answer.status === 204) return null;
    const words = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new DeskError(words.code ?? "unavailable", words.detail);
    return words;
  }
}

/** The first variable still open in a text, as [start, end], or null. @param {string} text */
export function openVariable(text) {
  const match = /\$\{\w+\}/.exec(text);
  return match ? [match.index, match.index + match[0].length] : null;
}
