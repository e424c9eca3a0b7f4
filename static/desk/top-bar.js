// The top bar: availability, the live mark, the account menu.
import { el, icon } from "../ui/dom.js";
import { ask } from "./ask.js";
import { MyNumbers } from "./numbers.js";
import { presenceDot } from "./signs.js";
import { page, say, sayCount, sayError } from "./words.js";

/** A reason for a break: the usual ones in the reader's language, the business's own as it is. */
const named = (reason) => page.rest_names?.[reason] ?? reason;

/** Free, not ready, rest with a reason, offline; "full" is free with no place left. */
export class AvailabilityMenu {
  /** @param {import("./workbench.js").Workbench} bench @param {(error: Error, text: string) => void} tell */
  constructor(bench, tell) {
    Object.assign(this, { bench, tell });
    this.menu = document.getElementById("availability");
    this.label = document.getElementById("availability-label");
    this.rows = document.getElementById("availability-rows");
    closesByItself(this.menu);
    this.#fill();
    for (const event of ["status", "list", "ready", "live"]) bench.desk.on(event, () => this.draw());
    this.draw();
  }

  #fill() {
    const rest = page.rest_reasons?.length ? page.rest_reasons : [""];
    const rows = [
      ["free", "", say("free")],
      ["notReady", "", say("notReady")],
      ...rest.map((reason) => ["rest", reason, reason ? say("rest_for", { reason: named(reason) }) : say("rest")]),
    ];
    this.rows.replaceChildren(
      ...rows.map((row) => this.#row(...row)),
      el("hr"),
      this.#row("offline", "", say("offline")),
    );
  }

  #row(status, reason, words) {
    const choose = () => {
      this.menu.open = false;
      this.set(status, reason);
    };
    const data = { status, reason };
    return el("button", { type: "button", class: "row", data, onclick: choose }, presenceDot(status), el("span", {}, words));
  }

  draw() {
    const { desk } = this.bench;
    // Until the server has said how things stand, the page's own words do.
    if (desk.member) this.#label();
    for (const row of this.rows.querySelectorAll(".row")) {
      const isNow = row.dataset.status === desk.status && (row.dataset.status !== "rest" || row.dataset.reason === desk.restReason);
      row.toggleAttribute("aria-current", isNow);
      row.disabled = !desk.isReady;
    }
  }

  #label() {
    const { desk } = this.bench;
    const load = this.bench.serving().length + this.bench.offered().length;
    const limit = desk.limits.sessions;
    const shown = desk.status === "free" && limit && load >= limit ? "busy" : desk.status;
    const words = desk.status === "rest" && desk.restReason ? say("rest_for", { reason: named(desk.restReason) }) : say(shown);
    this.label.classList.remove("faint");
    this.label.replaceChildren(presenceDot(shown), el("span", { class: "cut" }, words));
    if (limit) this.label.append(el("span", { class: "faint wide-only" }, `${load}/${limit}`));
  }

  /** Changes the availability; asks before sessions are handed over. Answers whether it was changed. */
  async set(status, restReason = "") {
    const open = this.bench.serving().length + this.bench.offered().length;
    if (status === "offline" && open > 0 && !(await this.#mayHandOver(open))) return false;
    const handOver = status === "offline" && open > 0;
    if (handOver) for (const session of [...this.bench.serving(), ...this.bench.offered()]) this.bench.givenAway.add(session.id);
    try {
      await this.bench.desk.setStatus(status, { restReason: restReason || undefined, handOver });
      return true;
    } catch (error) {
      if (error.extra?.owed) this.bench.owes(error.extra.owed);
      // A session came in meanwhile: ask after all.
      if (status === "offline" && error.code === "wrong_state" && !handOver) return this.#handOverAfterAll();
      this.tell(error, sayError(error));
      return false;
    }
  }

  /** Free, or not ready for a moment (F). */
  toggle() {
    if (this.bench.desk.isReady) this.set(this.bench.desk.status === "free" ? "notReady" : "free");
  }

  #mayHandOver(open) {
    return ask({ title: sayCount("hand_over_title", open), text: say("hand_over_text"), yes: say("hand_over_yes"), isDangerous: true });
  }

  async #handOverAfterAll() {
    if (!(await this.#mayHandOver(Math.max(1, this.bench.serving().length)))) return false;
    await this.bench.desk.setStatus("offline", { handOver: true });
    return true;
  }
}

/** "Live", "catching up" or "offline". */
export class LiveMark {
  constructor(desk) {
    this.desk = desk;
    this.mark = document.getElementById("live");
    this.banner = document.getElementById("offline-banner");
    desk.on("live", () => this.draw());
    this.timer = 0;
    this.isNew = true; // a page that has just been opened is about to connect, not cut off
    this.draw();
  }

  draw() {
    const { live } = this.desk;
    this.isNew &&= live === "offline";
    this.#show(this.isNew ? "catching" : live);
    // A short break needs no words of its own.
    clearTimeout(this.timer);
    if (live !== "offline") this.banner.hidden = true;
    else this.timer = setTimeout(() => this.#tellOffline(), 2_000);
  }

  #show(state) {
    const signs = { live: "check", catching: "retry", offline: "wifi-off" };
    this.mark.dataset.live = state;
    this.mark.replaceChildren(icon(signs[state], "small"), el("span", {}, say(`live_${state}`)));
  }

  #tellOffline() {
    this.isNew = false;
    this.#show("offline");
    this.banner.hidden = Boolean(this.desk.kicked);
  }
}

/** Theme and language are links of the page; sound, notices and signing out live here. */
export class AccountMenu {
  constructor(bench, { ringer, notices, availability }) {
    Object.assign(this, { bench, ringer, notices, availability });
    const menu = document.getElementById("account");
    closesByItself(menu);
    new MyNumbers(menu);
    this.offline = document.getElementById("go-offline");
    this.offline.addEventListener("click", () => {
      menu.open = false;
      availability.set("offline");
    });
    for (const event of ["status", "live"]) bench.desk.on(event, () => this.draw());
    this.sound = document.getElementById("sound");
    this.notice = document.getElementById("desktop-notices");
    this.sound.addEventListener("click", () => {
      ringer.isMuted = !ringer.isMuted;
      this.draw();
    });
    this.notice.addEventListener("click", async () => {
      await notices.ask();
      this.draw();
    });
    document.getElementById("sign-out").addEventListener("submit", (event) => this.#signOut(event));
    document.getElementById("show-help").addEventListener("click", () => document.getElementById("help").showModal());
    this.draw();
  }

  draw() {
    const { desk } = this.bench;
    this.offline.disabled = !desk.isReady || desk.status === "offline";
    this.sound.querySelector("span").textContent = say(this.ringer.isMuted ? "sound_off" : "sound_on");
    this.sound.setAttribute("aria-pressed", String(!this.ringer.isMuted));
    const { permission } = this.notices;
    this.notice.hidden = permission === "missing";
    this.notice.disabled = permission !== "default";
    this.notice.querySelector("span").textContent = say(`notices_${permission}`);
  }

  async #signOut(event) {
    event.preventDefault();
    const form = event.target;
    const { desk } = this.bench;
    if (desk.isReady && desk.status !== "offline" && !(await this.availability.set("offline"))) return;
    desk.disconnect();
    form.submit();
  }
}

/** A menu goes away with a click elsewhere or Escape. @param {HTMLDetailsElement} menu */
export function closesByItself(menu) {
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
