// Quick replies: fetched once, searched by title and text, their variables filled in.
import { page } from "./words.js";

/**
 * @typedef {{id: number, category: string, title: string, text: string, mine: boolean}} QuickReply
 */
export class QuickReplies extends EventTarget {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    super();
    this.bench = bench;
    /** @type {QuickReply[]} */ this.all = [];
    /** @type {"loading"|"ready"|"failed"} */ this.state = "loading";
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
      CustomerName: chosen?.summary?.customer.name,
      StaffName: desk.member?.nickname,
      StaffNo: desk.member?.staffNo,
    };
    return text.replace(/\$\{(\w+)\}/g, (whole, name) => known[name] || whole);
  }
}

/** The first variable still open in a text, as [start, end], or null. @param {string} text */
export function openVariable(text) {
  const match = /\$\{\w+\}/.exec(text);
  return match ? [match.index, match.index + match[0].length] : null;
}
