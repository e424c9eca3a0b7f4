// One entry of a conversation as an element: a message, a notice between messages, or one under way.
// Each function fills in `entry.node`, whether it is `mine`, and the `speaker` by whom entries are grouped.
import { file, recalledLine, textBubble, underWay } from "./bodies.js";
import { card } from "./cards.js";
import { el, fill, icon } from "./dom.js";
import { avatar } from "./people.js";
import { timeLabel } from "./times.js";

const SENTENCE = 60; // characters from which on a notice is said by the service
// Words that must be noticed are said by the service; what only tells how things go is a line between.
const SAID = new Set([
  "welcome",
  "reminder",
  "handover_failed",
  "agent_lost",
  "returned",
  "left_queue",
  "timeout_close",
  "off_hours",
  "blacklisted",
]);
const TOLD = new Set(["connecting", "connected", "queueing"]);
const SIGNS = { true: "good", false: "poor" };

/** Draw a stored message. @param {object} entry @param {import("./thread.js").ThreadOptions} options */
export function drawMessage(entry, options) {
  const { frame } = entry;
  entry.mine = false;
  entry.speaker = null;
  entry.node =
    frame.message.type === "recalled"
      ? recalledLine(frame, entry.formerText, options)
      : endLine(entry, options) || notice(frame, options) || article(entry, options);
}

/** Draw a message that is not stored yet. @param {object} entry @param {import("./thread.js").ThreadOptions} options */
export function drawPending(entry, options) {
  const { pending } = entry;
  const body = pendingBody(pending, options);
  body.classList.add(pending.failed ? "failed" : "sending");
  entry.mine = true;
  entry.speaker = "pending";
  entry.node = el("article", { class: "message mine" }, body, underWay(pending, options.words, options.on));
}

/** The time of a message as an element. @param {number} time @param {string} locale */
export function timeOf(time, locale) {
  return el("time", { datetime: new Date(time).toISOString() }, timeLabel(time, locale));
}

function endLine(entry, { words, locale }) {
  const { frame } = entry;
  const src = String(frame.message.data?.src ?? "");
  if (src !== "19" && src !== "20") return null;
  entry.ends = true;
  const ended = src === "20" ? words.ended_by_time : words.ended;
  return el(
    "p",
    { class: "day ended" },
    el("span", {}, fill(ended, { time: timeLabel(frame.time, locale) })),
  );
}

// A short notice is a line between messages; a sentence or more is said by the service.
function notice({ from, message, time }, { service, locale }) {
  if (from.kind !== "system" || message.type !== "text") return null;
  const isLong = message.text.length > SENTENCE || message.text.includes("\n");
  if (service && (SAID.has(message.code) || (isLong && !TOLD.has(message.code)))) return null;
  return el(
    "p",
    { class: message.code === "connected" ? "system joined" : "system" },
    el("span", {}, timeOf(time, locale), " ", el("bdi", {}, together(message.text))),
  );
}

// "工号 00790" is one thing: no new line between Chinese letters and the name or number after a space.
function together(text) {
  return text.replace(/(\p{Script=Han}) (?=\S)|(\S) (?=\p{Script=Han})/gu, "$1$2\u00a0");
}

function article(entry, options) {
  const { frame } = entry;
  const { from } = frame;
  const isCustomer = from.kind === "customer";
  const mine = options.side === "customer" ? isCustomer : from.kind === "agent" || from.kind === "bot";
  // A card of the system is nobody's words, unless the service speaks for it.
  const isNeutral = from.kind === "system" && !options.service;
  const who = from.kind === "system" && options.service ? options.service : from;
  entry.mine = mine;
  entry.speaker = `${from.kind} ${from.name || ""} ${frame.session}`;
  return el(
    "article",
    { class: mine ? `message mine${from.kind === "bot" ? " by-bot" : ""}` : isNeutral ? "message neutral" : "message" },
    mine || isNeutral ? null : avatar(who),
    isNeutral ? null : head(frame, who, mine, options),
    ...bodies(entry, options),
    thumbs(frame, options),
    recallButton(frame, mine, options),
  );
}

// Over own messages stands a name only where another agent or the bot has written them.
function head({ from, time }, who, mine, { words, locale, side }) {
  if (mine && (side === "customer" || (from.kind === "agent" && !from.other))) return null;
  return el(
    "p",
    { class: "message-head" },
    mine && from.kind === "bot" ? icon("bot", "small") : null,
    el("strong", { dir: "auto" }, who.name || words.service),
    from.kind === "bot" && from.name !== words.assistant ? el("span", {}, words.assistant) : null,
    mine ? null : timeOf(time, locale),
  );
}

function bodies({ frame, gotAt }, options) {
  const { message } = frame;
  const { words, locale, on } = options;
  if (message.type === "text") return [textBubble(message.text, words, message)];
  if (message.file) {
    return [file(message, { words, locale, gotAt, stale: on.stale && (() => on.stale(frame)) })];
  }
  const parts = message.type === "custom" ? drawnCard(frame, gotAt, options) : [];
  return parts.length ? parts : [textBubble(words.unknown, words)];
}

// One card that makes no sense must not keep the others from being drawn.
function drawnCard(frame, gotAt, options) {
  try {
    return card(frame.message.data, cardContext(frame, gotAt, options));
  } catch {
    return [];
  }
}

function cardContext(frame, gotAt, { words, locale, side, on, canAnswer }) {
  return {
    message: frame,
    gotAt,
    stale: on.stale && (() => on.stale(frame)),
    words,
    locale,
    side,
    canAnswer: side === "customer" && Boolean(on.answer) && canAnswer(frame),
    answer: (text) => on.answer?.(text, frame),
    rate: async (choice) => {
      const { sessionId } = frame.message.data.menuContent;
      await on.rate?.({ ...choice, sessionId }, frame);
    },
  };
}

// Under an answer of the bot: whether it has helped. Whoever cannot say so reads what was said.
function thumbs(frame, options) {
  const { helpful } = frame.message;
  const { words, on, canVote } = options;
  if (helpful === undefined) return null;
  if (on.vote && canVote(frame)) {
    const said = helpful === null ? words.helpful_ask : words.helpful_thanks;
    const give = (value) => on.vote(helpful === value ? null : value, frame);
    return el(
      "div",
      { class: "helpful", role: "group", "aria-label": words.helpful_ask },
      el("span", { "aria-hidden": "true" }, said),
      thumb(true, helpful, give, words),
      thumb(false, helpful, give, words),
    );
  }
  if (helpful === null) return null;
  return el("p", { class: "helpful" }, icon(SIGNS[helpful], "small"), helpful ? words.helpful_yes : words.helpful_no);
}

function thumb(value, given, give, words) {
  const name = value ? words.helpful_yes : words.helpful_no;
  return el(
    "button",
    {
      type: "button",
      class: "button quiet small bare",
      "aria-pressed": String(value === given),
      "aria-label": name,
      title: name,
      onclick: () => give(value),
    },
    icon(SIGNS[value], "small"),
  );
}

function recallButton(frame, mine, { words, on, canRecall }) {
  if (!mine || !on.recall || !canRecall(frame)) return null;
  const recall = { type: "button", class: "recall button quiet small", onclick: () => on.recall(frame) };
  return el("button", recall, icon("undo", "small"), words.recall);
}

function pendingBody(pending, { words, locale }) {
  const { client_id: id, message, preview, failed, progress } = pending;
  if (message.type === "text") return textBubble(message.text, words, message);
  if (message.file) return file(message, { words, locale, preview, progress: failed ? undefined : progress });
  const context = { message: { id, message }, words, locale, side: "seat", canAnswer: false };
  return card(message.data, context)[0] || textBubble(words.unknown, words);
}
