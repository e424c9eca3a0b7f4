// Sessions that ended today before this page was opened: a page of them at first, the next as one scrolls to it.
import { now } from "./times.js";
import { page } from "./words.js";

export class EndedToday {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    Object.assign(this, { bench, last: "", isLoading: false });
    this.more = document.getElementById("over-more");
    this.more.querySelector("button").addEventListener("click", () => this.load());
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.load(), {
      root: document.getElementById("rows"),
      rootMargin: "300px",
    });
    seen.observe(this.more);
    bench.desk.on("ready", () => this.#start());
  }

  async #start() {
    if (this.last) return;
    await this.load();
    // What the address names may stand on a later page.
    while (this.bench.chosenId && !this.bench.chosen?.summary && this.bench.hasMoreEnded && !this.failed) await this.load();
  }

  async load() {
    if (this.isLoading || (this.last && !this.bench.hasMoreEnded)) return;
    this.isLoading = true;
    this.more.dataset.state = "loading";
    const answer = await fetch(`${page.ended_url}?since=${new Date(now()).setHours(0, 0, 0, 0)}&before=${this.last}`, {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    this.failed = !answer?.ok;
    if (!this.failed) this.#take(await answer.json());
    this.isLoading = false;
    this.more.dataset.state = this.failed ? "failed" : "";
    this.more.hidden = !this.failed && !this.bench.hasMoreEnded;
  }

  #take({ sessions, handed = [], more }) {
    for (const { session, handed: given } of handed) this.bench.handedTo.set(session, given.to);
    this.last = sessions.at(-1)?.session ?? "";
    this.bench.hasMoreEnded = more;
    this.bench.desk.addOver([...handed, ...sessions]);
  }
}
