// My numbers of today (D-14): read when the account menu opens, and again while it stands open.
import { clockLabel } from "../ui/times.js";
import { write } from "./keyed.js";
import { page, sayCount } from "./words.js";

const REFRESH = 30_000;

export class MyNumbers {
  /** @param {HTMLDetailsElement} menu in which they stand */
  constructor(menu) {
    this.menu = menu;
    this.list = document.getElementById("numbers");
    this.failed = document.getElementById("numbers-failed");
    menu.addEventListener("toggle", () => {
      clearInterval(this.timer);
      if (!menu.open) return;
      this.load();
      this.timer = setInterval(() => this.load(), REFRESH);
    });
  }

  async load() {
    const answer = await fetch(page.numbers_url, { headers: { Accept: "application/json" } }).catch(() => null);
    const numbers = answer?.ok ? await answer.json().catch(() => null) : null;
    this.failed.hidden = Boolean(numbers);
    if (numbers) this.#draw(numbers);
  }

  #draw({ sessions, first_reply: firstReply, service, rating, ratings }) {
    const shown = {
      sessions,
      first_reply: seconds(firstReply),
      service: seconds(service),
      rating: rating === null ? "–" : rating.toFixed(1),
    };
    for (const [name, value] of Object.entries(shown)) write(this.list.querySelector(`[data-number=${name}]`), value);
    write(this.list.querySelector("[data-number=ratings]"), ratings ? sayCount("ratings", ratings) : "");
  }
}

const seconds = (value) => (value === null ? "–" : clockLabel(Math.round(value)));
