// A session in few words: what was said last, and how it left.
import { say } from "./words.js";
import { isHandedOn } from "./workbench.js";

/** A session's last words on one line. @param {import("../sdk/csdesk-desk.js").DeskSession} session @param {{id: string}|null} member who reads */
export function lastWords(session, member) {
  const { last } = session.summary;
  if (!last) return "";
  const hasWords = ["text", "file", "custom"].includes(last.kind) && last.text;
  // A card with words of its own is told by them.
  const isPlain = last.kind === "text" || !last.kind || (last.kind === "custom" && last.text);
  const kind = isPlain ? "" : say(`kind_${last.kind}`);
  const text = [kind, hasWords ? last.text : ""].filter(Boolean).join(" ");
  return isOwn(session, member) ? say("you_said", { text }) : text;
}

/** Whether the reader said the last words: not what an agent before them said. */
function isOwn({ place, summary, servedSince }, member) {
  const { from, by, time } = summary.last;
  if (from !== "agent" || place === "offered") return false;
  if (by) return by === String(member?.id);
  return time >= (servedSince ?? summary.assigned ?? Infinity);
}

/** Why a session left my open list. @param {string} [to] to whom it was handed on */
export function leftWords(session, to) {
  const { left } = session;
  if (!left) return say("left_gone");
  if (left.op === "transfer" && to) return say("left_to", { name: to });
  if (left.op === "sessionEnded") return say(`closed_by_${left.closeBy ?? "seat"}`);
  return say(left.op === "transfer" ? "left_transfer" : "left_missed");
}

/** How an ended or handed-on session stands in the list. @param {string} [to] to whom it was handed on */
export function overWords(session, member, to) {
  const { status, rating } = session.summary;
  const known = isHandedOn(session) ? null : (status ?? session.left?.status);
  const words = known ? say(`status_${known}`) : leftWords(session, to);
  return [rating ? say("rated", { level: rating }) : "", words, lastWords(session, member)].filter(Boolean).join(" · ");
}
