// The part of Markdown that answers use (src 30), straight into the page: no markup passes through.
import { el, hostOf, link, safeUrl, tellsHost, withLinks } from "./dom.js";

const INLINE =
  /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|!?\[([^\]\n]{0,500})\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+"[^"\n]*")?\s*\)|(\*\*|__)(?=\S)([\s\S]*?\S)\5|(\*|_)(?=[^\s*_])([^*_\n]*?[^\s*_])\7|~~(?=\S)([\s\S]*?\S)~~/g;

// Pictures of the bot's answers are named by their path, wherever the service is (B-1).
const OF_ANSWERS = /^\/pictures\/answers\/[0-9a-f-]{36}\/$/;

/**
 * @param {string} text
 * @param {(address: string, alt: string) => Node|null} pictures
 * @param {number} depth
 * @returns {(Node|string)[]}
 */
function inline(text, pictures, depth = 0) {
  if (depth > 4) return [text];
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(...withLinks(text.slice(from, match.index)));
    parts.push(...styled(match, pictures, depth + 1));
    from = match.index + match[0].length;
  }
  parts.push(...withLinks(text.slice(from)));
  return parts;
}

function styled(match, pictures, depth) {
  const [whole, ticks, code, words, address, strong, strongText, em, emText, struck] = match;
  if (ticks) return [el("code", {}, code)];
  if (address !== undefined) {
    const canBeSeen = whole.startsWith("!") && (safeUrl(address) || OF_ANSWERS.test(address));
    const picture = canBeSeen ? pictures(address, words) : null;
    return picture ? [picture] : linked(whole, words, address);
  }
  if (strong) return [el("strong", {}, ...inline(strongText, pictures, depth))];
  if (em) return [el("em", {}, ...inline(emText, pictures, depth))];
  return [el("s", {}, ...inline(struck, pictures, depth))];
}

// Pictures without an own address stay links too (X-11).
function linked(whole, words, address) {
  const url = safeUrl(address);
  if (!url) return [words || whole];
  const shown = words || hostOf(url);
  return [link(url, [shown]), tellsHost(shown, url) ? "" : el("span", { class: "host" }, ` (${hostOf(url)})`)];
}

function lines(rows, pictures) {
  return rows.flatMap((row, index) => (index ? [el("br"), ...inline(row, pictures)] : inline(row, pictures)));
}

const BULLET = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

function list(rows, pictures) {
  const first = BULLET.exec(rows[0]);
  const indent = first[1].length;
  const items = [];
  for (const row of rows) {
    const match = BULLET.exec(row);
    if (match && match[1].length <= indent) items.push({ text: [match[3]], inner: [] });
    else if (match || items.at(-1).inner.length) items.at(-1).inner.push(row);
    else items.at(-1).text.push(row.trim());
  }
  const body = items.map(({ text, inner }) =>
    el(
      "li",
      {},
      el("span", {}, ...lines(text, pictures)),
      inner.length ? list(inner.filter((row) => row.trim()), pictures) : null,
    ),
  );
  const number = parseInt(first[2], 10);
  if (Number.isNaN(number)) return el("ul", {}, ...body);
  // What stands between two steps parts the list; the steps go on counting.
  return el("ol", number > 1 ? { start: number } : {}, ...body);
}

/**
 * Blocks of Markdown: paragraphs, headings, lists, quotes, code, rules.
 * @param {string} source
 * @param {(address: string, alt: string) => Node|null} [pictures] draws a picture of the text; null leaves its link
 * @returns {HTMLElement[]}
 */
export function markdown(source, pictures = () => null) {
  const rows = String(source ?? "")
    .replace(/\r\n?/g, "\n")
    .split("\n");
  const blocks = [];
  for (let at = 0; at < rows.length;) at = block(rows, at, blocks, pictures);
  return blocks;
}

const starts = (row) => /^\s*(```|~~~)|^#{1,6}\s|^\s*>|^\s*([-*_]\s*){3,}$/.test(row) || BULLET.test(row);

function block(rows, at, blocks, pictures) {
  const row = rows[at];
  if (!row.trim()) return at + 1;
  const fence = /^\s*(```|~~~)/.exec(row);
  if (fence) return fenced(rows, at, fence[1], blocks);
  const heading = /^#{1,6}\s+(.*?)#*\s*$/.exec(row);
  if (heading) return (blocks.push(el("h2", {}, ...inline(heading[1], pictures))), at + 1);
  if (/^\s*([-*_]\s*){3,}$/.test(row)) return (blocks.push(el("hr")), at + 1);
  if (/^\s*>/.test(row))
    return taken(
      rows,
      at,
      (next) => /^\s*>/.test(next),
      (part) => blocks.push(el("blockquote", {}, ...lines(part.map((line) => line.replace(/^\s*>\s?/, "")), pictures))),
    );
  if (BULLET.test(row))
    return taken(
      rows,
      at,
      (next) => BULLET.test(next) || /^\s+\S/.test(next),
      (part) => blocks.push(list(part, pictures)),
    );
  return taken(
    rows,
    at,
    (next, first) => next.trim() && (first || !starts(next)),
    (part) => blocks.push(el("p", {}, ...lines(part.map((line) => line.trim()), pictures))),
  );
}

function taken(rows, at, belongs, make) {
  let end = at;
  while (end < rows.length && belongs(rows[end], end === at)) end += 1;
  make(rows.slice(at, end));
  return end;
}

function fenced(rows, at, mark, blocks) {
  let end = at + 1;
  while (end < rows.length && !rows[end].trim().startsWith(mark)) end += 1;
  blocks.push(el("pre", { tabindex: "0" }, el("code", {}, rows.slice(at + 1, end).join("\n"))));
  return end + 1;
}
