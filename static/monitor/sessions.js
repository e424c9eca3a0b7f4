// The table of running sessions: rows made once and changed in place, clocks that run.
import { follow, write } from "../desk/keyed.js";
import { channelIcon, waitingClock } from "../desk/signs.js";
import { Steady } from "../desk/steady.js";
import { now } from "../desk/times.js";
import { say } from "../desk/words.js";
import { el, icon } from "../ui/dom.js";
import { clockLabel } from "../ui/times.js";
import { waitsSince } from "./board.js";

export class SessionTable {
  /** @param {import("./board.js").Board} board @param {import("./filters.js").Filters} filters */
  constructor(board, filters) {
    const at = (id) => document.getElementById(id);
    Object.assign(this, { board, filters, list: at("sessions"), empty: at("sessions-empty"), shownOf: at("shown-of"), watched: "" });
    this.steady = new Steady(at("sessions-scroll"), ".monitor-row");
    this.list.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** @param {string} watched the session in the pane */
  draw(watched = this.watched) {
    this.watched = watched;
    const lines = this.board.lines().filter((line) => this.filters.fits(line));
    this.steady.hold(() => follow(this.list, lines, { key: ({ session }) => session, make, fill: (row, line) => this.#fill(row, line) }));
    this.empty.hidden = lines.length > 0;
    if (!lines.length) write(this.empty.lastElementChild, say(this.board.sessions.size ? "no_sessions_filtered" : "no_sessions"));
    this.#howMany(lines.length);
  }

  #howMany(shown) {
    const { queued = 0, offered = 0, serving = 0 } = this.board.counts;
    const all = queued + offered + serving;
    this.shownOf.hidden = shown >= all;
    if (shown < all) write(this.shownOf, say("shown_of", { n: shown, all }));
  }

  #fill(row, line) {
    row.line = line;
    row.dataset.state = line.state;
    const parts = row.parts;
    if (line.session === this.watched) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    write(parts.name, line.customer.name);
    parts.name.setAttribute("aria-label", say("watch_one", { name: line.customer.name }));
    parts.name.title = line.customer.name;
    write(parts.channel, line.channel.name);
    if (row.dataset.kind !== line.channel.kind) {
      row.dataset.kind = line.channel.kind;
      row.querySelector(".at-customer .icon")?.remove();
      parts.name.after(channelIcon(line.channel.kind));
    }
    write(parts.state, say(`state_${line.state}`));
    parts.state.className = `tag ${{ queued: "near", offered: "accent", serving: "" }[line.state]}`.trim();
    write(parts.agent, line.agentName || say("nobody_has"));
    parts.agent.classList.toggle("faint", !line.agentName);
    write(parts.group, line.group?.name ?? say("no_group_yet"));
    tick(row);
  }

  /** The clocks alone. */
  tick() {
    for (const row of this.list.children) if (row.line) tick(row);
    if (this.filters.state === "late") this.draw();
  }

  /** Arrows lead from row to row. */
  #walk(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !event.target.matches(".row-open")) return;
    const links = [...this.list.querySelectorAll(".row-open")];
    const next = links[links.indexOf(event.target) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

function make({ session }) {
  const parts = {
    name: el("a", { class: "row-open cut", href: `#watch/${session}`, dir: "auto" }),
    channel: el("small", { class: "cut" }),
    state: el("span", { class: "tag" }),
    agent: el("span", { class: "cut", dir: "auto" }),
    group: el("small", { class: "cut", dir: "auto" }),
    first: el("span", { class: "at-first clock" }),
    waits: el("span", { class: "at-waits clock" }),
    served: el("span", { class: "at-served clock" }),
  };
  const row = el(
    "article",
    { class: "monitor-row", data: { session } },
    el("span", { class: "at-customer" }, el("span", { class: "row-name" }, parts.name), parts.channel),
    el("span", { class: "at-state" }, parts.state),
    el("span", { class: "at-agent" }, parts.agent, parts.group),
    parts.first,
    parts.waits,
    parts.served,
  );
  row.parts = parts;
  return row;
}

function tick(row) {
  const { line } = row;
  put(row, "first", ...firstReply(line));
  put(row, "waits", ...waiting(line));
  const isServed = line.state === "serving" && line.accepted;
  put(row, "served", isServed ? plain(now() - line.accepted) : dash(), say("served", { time: isServed ? clockLabel((now() - line.accepted) / 1000) : "–" }));
}

/** Puts a clock into its place, where what it shows has changed. */
function put(row, name, clock, title) {
  const before = row.parts[name];
  const words = clock.textContent + clock.className;
  if (before.dataset.words === words) return;
  clock.classList.add(`at-${name}`);
  clock.dataset.words = words;
  clock.title = title;
  if (name === "first") clock.dataset.label = say("first_reply_short");
  before.replaceWith(clock);
  row.parts[name] = clock;
}

function firstReply({ state, accepted, first_reply: replied }) {
  if (state !== "serving" || !accepted) return [dash(), say("first_reply_due")];
  if (!replied) return [waitingClock(Math.max(0, now() - accepted)), say("first_reply_due")];
  const time = clockLabel(Math.max(0, replied - accepted) / 1000);
  return [el("span", { class: "clock done" }, time), say("first_reply_after", { time })];
}

function waiting(line) {
  const since = waitsSince(line);
  if (since) return [waitingClock(Math.max(0, now() - since)), say(line.state === "serving" ? "waits_for_answer" : "waits_in_queue")];
  if (line.held) return [el("span", { class: "clock" }, icon("pause", "small"), say("held")), say("held")];
  return [el("span", { class: "clock" }, icon("check", "small"), el("span", { class: "unseen" }, say("answered"))), say("answered")];
}

const plain = (ms) => el("span", { class: "clock" }, clockLabel(Math.max(0, ms) / 1000));
const dash = () => el("span", { class: "clock" }, "–");
