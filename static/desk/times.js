// The desk's clock: the server's time, one tick a second, and times as its lists show them.
import { agoLabel, dayLabel, sameDay, timeLabel } from "../ui/times.js";
import { page, threadWords } from "./words.js";

const locale = document.documentElement.lang || "en";

// Offers end by the server's clock, whatever the computer's own says; small differences are the network's.
const skew = page.now ? page.now - Date.now() : 0;
const UNNOTICED = 2_000;

/** The server's time in ms. */
export function now() {
  return Date.now() + (Math.abs(skew) > UNNOTICED ? skew : 0);
}

export const clockTime = (time) => timeLabel(time, locale);

export const ago = (time) => agoLabel(time, threadWords, locale);

/** A time for lists: HH:mm today, else the day. */
export const shortTime = (time) => (sameDay(time, now()) ? clockTime(time) : dayLabel(time, threadWords, locale));

export const dayAndTime = (time) => dayLabel(time, threadWords, locale, true);

const everySecond = new Set();

/** Calls back each second. @param {() => void} callback @returns {() => void} stops it */
export function eachSecond(callback) {
  everySecond.add(callback);
  return () => everySecond.delete(callback);
}

setInterval(() => {
  for (const callback of everySecond) callback();
}, 1000);
