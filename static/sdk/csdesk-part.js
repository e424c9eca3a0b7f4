// What <csdesk-chat> fetches before it can stand: its markup, words and style sheets, each once for a page.
import { VisitorError } from "./csdesk-visitor.js";

const parts = new Map();
const sheets = new Map();

/** Fetched once while it is wanted; what failed is fetched anew. */
function once(map, key, make) {
  if (!map.has(key)) {
    const made = make();
    map.set(key, made);
    made.catch(() => map.delete(key));
  }
  return map.get(key);
}

/**
 * What the server says of a channel's chat, with the server's time as it is now.
 * @param {string} base origin of the service
 * @param {string} channel key or account id
 * @param {string} lang "" for the browser's
 * @returns {Promise<{config: object, words: object, markup: string, styles: string[]}>}
 *   rejects with a VisitorError
 */
export async function fetchPart(base, channel, lang) {
  const address = new URL(`/chat/${encodeURIComponent(channel)}/part.json`, base);
  if (lang) address.searchParams.set("lang", lang);
  const { part, ahead } = await once(parts, address.href, async () => {
    const answer = await asked(address);
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new VisitorError(data.code || "unavailable", data.detail);
    return { part: data, ahead: data.config.time - Date.now() };
  });
  return { ...part, config: { ...part.config, time: Date.now() + ahead } };
}

/**
 * Constructed sheets need no leave from the page's content policy, and touch nothing outside.
 * @param {string} base @param {string[]} styles
 * @returns {Promise<CSSStyleSheet[]>}
 */
export function dress(base, styles) {
  const addresses = styles.map((path) => new URL(path, base));
  return Promise.all(addresses.map((address) => once(sheets, address.href, () => sheetOf(address))));
}

async function sheetOf(address) {
  const answer = await asked(address);
  if (!answer.ok) throw new VisitorError("unavailable");
  const sheet = new CSSStyleSheet({ baseURL: address.href });
  sheet.replaceSync(await answer.text());
  return sheet;
}

async function asked(address) {
  try {
    return await fetch(address, { credentials: "omit" });
  } catch {
    const why = `${address.origin} cannot be reached, or this page's policy forbids it`;
    throw new VisitorError("unavailable", why);
  }
}
