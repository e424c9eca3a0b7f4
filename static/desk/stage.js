// What the middle shows when there is no chat: what to do next.
import { showSignedOut } from "./signed-out.js";
import { soon } from "./soon.js";
import { page, say } from "./words.js";

export class Stage {
  /** @param {import("./workbench.js").Workbench} bench @param {import("./top-bar.js").AvailabilityMenu} availability */
  constructor(bench, availability) {
    this.bench = bench;
    const at = (id) => document.getElementById(id);
    Object.assign(this, { chat: at("chat"), offline: at("stage-offline"), none: at("stage-none"), starting: at("stage-starting"), unknown: at("stage-unknown"), strip: at("offline-strip") });
    for (const button of document.querySelectorAll("[data-go-free]")) button.addEventListener("click", () => availability.set("free"));
    bench.addEventListener("chosen", () => this.draw());
    const draw = soon(() => this.draw());
    for (const event of ["ready", "status", "list", "session"]) bench.desk.on(event, draw);
    bench.desk.on("kicked", ({ reason }) => showSignedOut(reason, say, page.login_url));
    this.draw();
  }

  draw() {
    const { bench } = this;
    const { desk } = bench;
    const hasChat = Boolean(bench.chosen?.summary);
    const isOffline = desk.isReady && desk.status === "offline";
    this.chat.dataset.chat = String(hasChat);
    this.chat.dataset.place = bench.chosen?.place ?? "";
    this.starting.hidden = hasChat || Boolean(desk.member);
    this.offline.hidden = hasChat || !isOffline;
    this.strip.hidden = !isOffline;
    this.unknown.hidden = hasChat || !desk.member || isOffline || !bench.chosenId;
    this.none.hidden = hasChat || !desk.member || isOffline || Boolean(bench.chosenId);
  }
}
