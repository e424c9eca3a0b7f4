// What the server put into the page: its words in the reader's language, and its facts.
import { fill } from "../ui/dom.js";

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");
const words = read("words");

/** Facts of this page: its addresses, whether the member is on duty. */
export const page = read("page");

/** The words of a conversation (static/ui/thread.js). */
export const threadWords = words.thread ?? {};

/** A word or sentence with its gaps filled. @param {string} key @param {Object<string, string|number>} [gaps] */
export function say(key, gaps) {
  return fill(words[key] ?? key, gaps);
}
