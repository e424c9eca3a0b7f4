// Times for people: HH:mm in a chat, a day line where the day changes, "how long ago" in lists.
import { fill } from "./dom.js";

const formats = new Map();
let ahead = 0; // ms by which the service's clock is before ours

/** What the service's clock says now; days and limits go by it, however wrong the reader's is. @param {number} time in ms */
export function setClock(time) {
  ahead = time - Date.now();
}

/** The time by the service's clock, in ms. */
export const now = () => Date.now() + ahead;

function format(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

/** "14:02" @param {number} time in ms @param {string} [locale] */
export function timeLabel(time, locale = "en") {
  return format(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
}

/** Whether two times fall on the same day here. @param {number} a @param {number} b */
export function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/**
 * "Today", "Yesterday", "Mon 3 March", with the year where it is another one.
 * @param {number} time in ms
 * @param {{today: string, yesterday: string}} words
 * @param {string} [locale]
 * @param {boolean} [withTime] "Today 14:02"
 */
export function dayLabel(time, words, locale = "en", withTime = false) {
  const today = now();
  const otherYear = new Date(time).getFullYear() !== new Date(today).getFullYear();
  let day = format(locale, {
    weekday: "short",
    month: "short",
    day: "numeric",
    ...(otherYear ? { year: "numeric", weekday: undefined } : {}),
  }).format(time);
  if (sameDay(time, today)) day = words.today;
  else if (sameDay(time, today - 86_400_000)) day = words.yesterday;
  return withTime ? `${day} ${timeLabel(time, locale)}` : day;
}

/**
 * "now", "4 min", "2 h", else the day: short, for lists.
 * @param {number} time in ms
 * @param {{now: string, minutes: string, hours: string, today: string, yesterday: string}} words
 * @param {string} [locale]
 */
export function agoLabel(time, words, locale = "en") {
  const minutes = Math.floor((now() - time) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes < 60) return fill(words.minutes, { n: minutes });
  if (minutes < 720) return fill(words.hours, { n: Math.floor(minutes / 60) });
  return dayLabel(time, words, locale);
}

/** "0:51", "12:04", "1:02:09" @param {number} seconds */
export function clockLabel(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}
