// What the server put into the page: its words in the reader's language, and its data.
import { fill } from "../ui/dom.js";

const words = read("words");

/** Facts of this page: addresses, limits, reasons to rest. */
export const page = read("page");

/** The words of a conversation (static/ui/thread.js). */
export const threadWords = words.thread ?? {};

function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

/** A word or sentence with its gaps filled. @param {string} key @param {Object<string, string|number>} [gaps] */
export function say(key, gaps) {
  return fill(words[key] ?? key, gaps);
}

/** The same with a number: English knows one and many. @param {string} key @param {number} n */
export function sayCount(key, n, gaps = {}) {
  const one = `${key}_one`;
  return fill(words[n === 1 && one in words ? one : key] ?? key, { n, ...gaps });
}

/** What to tell people when a command was refused. @param {{code: string, detail?: string, extra?: object}} error */
export function sayError(error) {
  const by = error.extra?.by?.name ?? error.extra?.by;
  if (typeof by === "string" && by) return say("error_taken", { name: by });
  if (error.detail) return error.detail;
  return words[`error_${error.code}`] ?? say("error_other", { code: error.code ?? "" });
}
