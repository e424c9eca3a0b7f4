// A part of a page that renews itself every few seconds; clocks in it run meanwhile.

import { renew } from "./renew.js";

const PATIENCE = 8000; // ms until an answer counts as lost

/** Keeps `place` as new as its address says; says so when nothing new comes. */
export function keepLive(place) {
  const every = Number(place.dataset.every) * 1000;
  let ahead = clockAhead(place);
  let timer = 0;

  async function once() {
    clearTimeout(timer);
    try {
      const answer = await fetch(place.dataset.live, {
        headers: { Accept: "text/html" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      // Signed out, or no longer allowed: the page itself says it best.
      if (answer.redirected || answer.status === 403) location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      renew(place, fresh.body);
      ahead = clockAhead(place);
    } catch (error) {
      place.querySelector(".stalled").hidden = false;
    }
    if (!document.hidden) timer = setTimeout(once, every);
  }

  timer = setTimeout(once, every);
  setInterval(() => { if (!document.hidden) runClocks(place, ahead); }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else once();
  });
}

/** How far (ms) the server's clock is ahead of this one's. */
function clockAhead(place) {
  const told = place.querySelector("time[data-now]");
  return told ? Date.parse(told.dateTime) - Date.now() : 0;
}

function runClocks(place, ahead) {
  for (const one of place.querySelectorAll("time[data-since]")) {
    const words = duration((Date.now() + ahead - Number(one.dataset.since)) / 1000);
    if (one.textContent !== words) one.firstChild.nodeValue = words;
  }
}

/** Seconds as the server writes them: `m:ss`, from an hour on `h:mm:ss`. */
function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
