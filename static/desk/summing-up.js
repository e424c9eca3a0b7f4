// The wrap-up dialog (D-7): what a session was about, whether it is resolved, tags, a remark.
import { el } from "../ui/dom.js";
import { page, say, sayCount, sayError } from "./words.js";
import { isHandedOn } from "./workbench.js";

// Fewer are found faster by looking.
const SEARCHED_FROM = 9;

export class SummaryDialog {
  /** @param {import("./workbench.js").Workbench} bench @param {(error: Error|null, text: string) => void} tell */
  constructor(bench, tell) {
    Object.assign(this, { bench, desk: bench.desk, tell, session: "", asked: null, goesOn: false });
    const at = (id) => document.getElementById(id);
    Object.assign(this, { dialog: at("summary-dialog"), parts: at("summary-parts"), list: at("summary-categories"), find: at("summary-find"), save: at("summary-save"), failed: at("summary-failed") });
    this.form = this.dialog.querySelector("form");
    Object.assign(this, { chip: at("owed"), here: at("owed-here"), button: at("sum-up"), row: at("sum-up-row") });
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.find.querySelector("input").addEventListener("input", () => this.#drawCategories());
    at("summary-later").addEventListener("click", () => this.dialog.close());
    at("summary-again").addEventListener("click", () => this.#load());
    this.chip.addEventListener("click", () => this.#openOwed());
    for (const button of [this.button, this.row, this.here.querySelector("button")]) button.addEventListener("click", () => this.openChosen());
    bench.addEventListener("chosen", () => this.#draw());
    for (const event of ["owed", "list", "ready", "live"]) this.desk.on(event, () => this.#draw());
    this.desk.on("sessionEnded", ({ session, owed }) => owed && this.#ended(session));
    bench.addEventListener("owes", ({ detail }) => this.#openOwed(detail.sessions));
    this.#draw();
  }

  /** For the chosen session, served or ended here (S). */
  openChosen() {
    if (this.#canSumUp()) this.open(this.bench.chosenId);
  }

  /** @param {string} session @param {boolean} [goesOn] whether the next one that is owed follows */
  open(session, goesOn = false) {
    if (this.dialog.open || !this.desk.isReady) return;
    Object.assign(this, { session, goesOn, asked: null });
    document.getElementById("summary-whom").textContent = this.desk.sessions.get(session)?.summary?.customer.name ?? "";
    this.form.reset();
    this.#wrong();
    this.dialog.showModal();
    this.#load();
  }

  #canSumUp() {
    const { chosen } = this.bench;
    if (!chosen?.summary) return false;
    return chosen.place === "serving" || (chosen.place === "over" && chosen.served && !isHandedOn(chosen));
  }

  // Only where the agent has just ended what they look at: nothing opens over what they write to others.
  #ended(session) {
    if (this.bench.endedHere.has(session) && session === this.bench.chosenId && !document.querySelector("dialog[open]")) this.open(session);
  }

  #openOwed(sessions = [...this.desk.owed]) {
    if (sessions.length) this.open(sessions[0], true);
  }

  #draw() {
    const count = this.desk.owed.size;
    this.chip.hidden = count === 0;
    if (count) {
      const words = sayCount("owed", count);
      this.chip.querySelector("span").textContent = this.chip.title = words;
      this.chip.setAttribute("aria-label", words);
    }
    const can = this.#canSumUp();
    this.button.hidden = !can;
    this.row.classList.toggle("none", !can);
    this.button.disabled = this.row.disabled = !this.desk.isReady;
    this.here.hidden = this.bench.chosen?.place !== "over" || !this.desk.owed.has(this.bench.chosenId);
  }

  async #load() {
    const { session } = this;
    this.#show("loading");
    const answer = await fetch(page.summary_url.replace("SESSION", session), { headers: { Accept: "application/json" } }).catch(() => null);
    const asked = await answer?.json().catch(() => null);
    if (session !== this.session) return;
    if (!answer?.ok || !asked) {
      this.failed.querySelector("span").textContent = asked?.detail ?? say("not_loaded");
      return this.#show("failed");
    }
    this.asked = asked;
    this.#fill();
    this.#show("ready");
    (this.parts.querySelector("#summary-find:not([hidden]) input") ?? this.parts.querySelector("input")).focus();
  }

  #show(state) {
    this.dialog.querySelector(".loading").hidden = state !== "loading";
    this.failed.hidden = state !== "failed";
    this.parts.hidden = state !== "ready";
    this.save.disabled = state !== "ready";
  }

  #fill() {
    const { customer, categories, tags, chosen_tags: chosen, category, resolved, remark } = this.asked;
    document.getElementById("summary-whom").textContent = customer;
    document.getElementById("summary-about").hidden = categories.length === 0;
    this.find.hidden = categories.length < SEARCHED_FROM;
    this.category = category;
    this.#drawCategories();
    this.list.querySelector("input:checked")?.closest("label").scrollIntoView({ block: "nearest" });
    for (const input of this.form.querySelectorAll("[name=resolved]")) input.checked = resolved !== null && (input.value === "yes") === resolved;
    document.getElementById("summary-tags").hidden = tags.length === 0;
    this.parts.querySelector(".summary-tags").replaceChildren(
      ...tags.map(({ id, name }) => el("label", {}, el("input", { type: "checkbox", name: "tag", value: id, checked: chosen.includes(id) }), el("span", { class: "cut", dir: "auto" }, name))),
    );
    this.form.remark.value = remark;
  }

  #drawCategories() {
    const query = this.find.hidden ? "" : this.find.querySelector("input").value.trim().toLocaleLowerCase();
    const words = query.split(/\s+/).filter(Boolean);
    const found = this.asked.categories.filter(({ path }) => words.every((word) => path.toLocaleLowerCase().includes(word)));
    this.list.classList.toggle("found", Boolean(query));
    const rows = found.map(({ id, name, path, depth }) => {
      const input = el("input", { type: "radio", name: "category", value: id, checked: id === this.category, onchange: () => (this.category = id) });
      return el("label", { class: `summary-row depth-${depth}`, title: path }, input, el("span", { class: "cut", dir: "auto" }, query ? path : name));
    });
    this.list.replaceChildren(...(rows.length ? rows : [el("p", { class: "empty" }, say("no_category_found"))]));
  }

  // Each complaint stands at its field; one about none of them, at the end.
  #wrong(field = "", text = "") {
    const places = [...this.form.querySelectorAll("[data-field]")];
    const place = places.find((one) => one.dataset.field === field && field) ?? places.find((one) => one.dataset.field === "");
    for (const one of places) {
      one.hidden = one !== place || !text;
      one.textContent = one.hidden ? "" : text;
    }
    if (text) place.scrollIntoView({ block: "nearest" });
  }

  async #submit(event) {
    event.preventDefault();
    const resolved = this.form.querySelector("[name=resolved]:checked")?.value;
    const tags = [...this.form.querySelectorAll("[name=tag]:checked")].map(({ value }) => Number(value));
    const summary = {
      category: this.category ?? null,
      resolved: resolved ? resolved === "yes" : null,
      remark: this.form.remark.value.trim(),
      tags: this.asked.tags.length ? tags : undefined,
    };
    this.save.disabled = true;
    this.#wrong();
    try {
      await this.desk.wrapUp(this.session, summary);
      this.dialog.close();
      this.tell(null, say("summed_up"));
      if (this.goesOn) this.#openOwed();
    } catch (error) {
      this.#wrong(error.extra?.field, sayError(error));
    } finally {
      this.save.disabled = false;
    }
  }
}
