// Small signs of the desk: the waiting ring, the countdown, channel and presence marks.
import { el, icon } from "../ui/dom.js";
import { clockLabel } from "../ui/times.js";

const SVG = "http://www.w3.org/2000/svg";

/** A customer should have an answer within this time; the ring is full then. */
export const REPLY_TARGET = 120_000;
const NEAR = 0.75;

function circle(radius, className, share) {
  const shape = document.createElementNS(SVG, "circle");
  const attributes = { cx: radius.centre, cy: radius.centre, r: radius.r };
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  if (className) shape.setAttribute("class", className);
  if (share !== undefined) {
    shape.setAttribute("pathLength", "100");
    shape.setAttribute("stroke-dasharray", `${Math.round(share * 100)} 100`);
  }
  return shape;
}

function drawing(size, className, ...shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("aria-hidden", "true");
  if (className) svg.setAttribute("class", className);
  svg.append(...shapes);
  return svg;
}

function lateSign() {
  const sign = document.createElementNS(SVG, "path");
  sign.setAttribute("class", "sign");
  sign.setAttribute("d", "M8 4.5v4M8 11.3v.1");
  return sign;
}

/** The waiting clock: a ring that fills up to the target, a solid sign past it. @param {number} ms waited */
export function waitingClock(ms, target = REPLY_TARGET) {
  const share = ms / target;
  if (share >= 1) {
    const ring = drawing(16, "ring", circle({ centre: 8, r: 7.5 }, "full"), lateSign());
    return el("span", { class: "clock late" }, ring, clockLabel(ms / 1000));
  }
  const ring = drawing(16, "ring", circle({ centre: 8, r: 6.5 }), circle({ centre: 8, r: 6.5 }, "done", share));
  return el("span", { class: share >= NEAR ? "clock near" : "clock" }, ring, clockLabel(ms / 1000));
}

/** The ring that counts down. @param {number} left ms @param {number} whole ms @param {string} [label] */
export function countdown(left, whole, label = "") {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  const share = Math.min(1, Math.max(0, left / (whole || 1)));
  const ring = drawing(38, "", circle({ centre: 19, r: 16.5 }), circle({ centre: 19, r: 16.5 }, "done", share));
  const kind = seconds <= 6 ? "countdown late" : "countdown";
  return el("span", { class: kind, role: "timer", "aria-label": label || null, "aria-live": "off" }, ring, seconds);
}

const CHANNEL_ICONS = { website: "globe", app: "phone", wechat: "wechat" };

/** The mark of a channel's kind. */
export function channelIcon(kind) {
  return icon(CHANNEL_ICONS[kind] ?? "globe", "small");
}

const PRESENCE = { free: "", busy: "busy", notReady: "not-ready", rest: "rest", arrange: "rest", offline: "away" };

/** The class of an availability's dot. */
export function presenceDot(status) {
  return el("i", { class: `presence ${PRESENCE[status] ?? "away"}`.trim(), "aria-hidden": "true" });
}
