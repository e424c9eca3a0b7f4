// The left column below the offers: served and ended sessions, and the queues of my groups.
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { channelIcon, waitingClock } from "./signs.js";
import { Steady } from "./steady.js";
import { draftKey, kept } from "./keeping.js";
import { ago, eachSecond, now, shortTime } from "./times.js";
import { say, sayCount } from "./words.js";
import { endOf, isHandedOn } from "./workbench.js";

/** Served and ended sessions. Rows keep their order; nothing moves under the pointer. */
export class SessionList {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    this.bench = bench;
    this.serving = document.getElementById("serving");
    this.over = document.getElementById("over");
    this.handed = document.getElementById("handed");
    this.steady = new Steady(document.getElementById("rows"), ".queue-row, .list-title");
    for (const list of [this.serving, this.handed, this.over]) list.addEventListener("click", (event) => this.#click(event));
    const draw = () => this.draw();
    for (const event of ["list", "session", "outbox", "typing", "ready", "arrived"]) bench.desk.on(event, draw);
    bench.addEventListener("chosen", draw);
    eachSecond(draw);
    this.draw();
  }

  #click(event) {
    const row = event.target.closest("a.queue-row");
    if (!row || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.bench.choose(row.dataset.session);
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.steady.hold(() => this.#draw());
    });
  }

  #draw() {
    const serving = this.bench.serving();
    const over = this.bench.over();
    const handed = this.bench.handedOn();
    fillRows(this.handed, handed, (session) => this.#row(session));
    document.getElementById("handed-count").textContent = handed.length;
    this.handed.parentElement.hidden = handed.length === 0;
    fillRows(this.serving, serving, (session) => this.#row(session));
    fillRows(this.over, over, (session) => this.#row(session));
    document.getElementById("serving-count").textContent = serving.length;
    document.getElementById("over-count").textContent = over.length;
    this.#empty(serving.length === 0 && this.bench.offered().length === 0);
  }

  #empty(isEmpty) {
    const notice = document.getElementById("serving-empty");
    const { desk } = this.bench;
    notice.hidden = !isEmpty || !desk.isReady || desk.status === "offline";
    notice.textContent = desk.status === "free" ? say("nobody_yet") : say("nobody_while_away");
  }

  #row(session) {
    const { summary } = session;
    const isChosen = session.id === this.bench.chosenId;
    const isOver = session.place === "over";
    const parts = {
      name: summary.customer.name,
      last: this.#last(session),
      clock: isOver ? shortTime(endOf(session)) : this.#clockText(summary),
      unread: isOver ? 0 : summary.unread,
      online: summary.customer.online,
      held: summary.held && !isOver,
      isChosen,
      kind: summary.channel.kind,
      failed: this.bench.desk.outbox.some((one) => one.session === session.id && one.state === "failed"),
      draft: !isChosen && hasDraft(session.id),
    };
    return { key: session.id, version: JSON.stringify(parts), build: () => rowElement(session, parts) };
  }

  #clockText(summary) {
    return summary.waiting_since && !summary.held ? Math.floor((now() - summary.waiting_since) / 1000) : ago(summary.last?.time ?? summary.assigned ?? summary.started);
  }

  #last(session) {
    if (session.place === "over") return this.#overText(session);
    if (session.typing) return say("typing_short");
    return lastWords(session, this.bench.desk.member);
  }

  #overText(session) {
    const { status, rating } = session.summary;
    const known = isHandedOn(session) ? null : (status ?? session.left?.status);
    const words = known ? say(`status_${known}`) : leftWords(session, this.bench.handedTo.get(session.id));
    return [rating ? say("rated", { level: rating }) : "", words, lastWords(session, this.bench.desk.member)].filter(Boolean).join(" · ");
  }
}

/** A session's last words on one line. @param {import("../sdk/csdesk-desk.js").DeskSession} session @param {{id: string}|null} member who reads */
export function lastWords(session, member) {
  const { last } = session.summary;
  if (!last) return "";
  const hasWords = ["text", "file", "custom"].includes(last.kind) && last.text;
  const kind = last.kind === "text" || !last.kind ? "" : say(`kind_${last.kind}`);
  const text = [kind, hasWords ? last.text : ""].filter(Boolean).join(" ");
  return isOwn(session, member) ? say("you_said", { text }) : text;
}

/** Whether the reader said the last words: not what an agent before them said. */
function isOwn({ place, summary, servedSince }, member) {
  const { from, by, time } = summary.last;
  if (from !== "agent" || place === "offered") return false;
  if (by) return by === String(member?.id);
  return time >= (servedSince ?? summary.assigned ?? Infinity);
}

/** Why a session left my open list. @param {string} [to] to whom it was handed on */
export function leftWords(session, to) {
  const { left } = session;
  if (!left) return say("left_gone");
  if (left.op === "transfer" && to) return say("left_to", { name: to });
  if (left.op === "sessionEnded") return say(`closed_by_${left.closeBy ?? "seat"}`);
  return say(left.op === "transfer" ? "left_transfer" : "left_missed");
}

function hasDraft(id) {
  return Boolean(kept(draftKey(id)));
}

function rowElement(session, parts) {
  const { summary } = session;
  const isOver = session.place === "over";
  const row = el(
    "a",
    {
      class: parts.unread ? "queue-row" : "queue-row read",
      href: `#chat/${session.id}`,
      "aria-current": parts.isChosen ? "true" : null,
      data: { session: session.id },
    },
    avatar(summary.customer, isOver ? {} : { presence: parts.online ? "" : "away" }),
    el("span", { class: "queue-name" }, el("span", { class: "cut", dir: "auto" }, parts.name), channelIcon(parts.kind)),
    isOver || !summary.waiting_since || summary.held
      ? el("time", { class: "faint clock" }, String(parts.clock))
      : waitingClock(now() - summary.waiting_since),
    el("span", { class: "queue-last cut", dir: "auto" }, parts.draft ? el("b", { class: "draft-mark" }, say("draft_mark")) : null, parts.last),
    rowSign(parts),
  );
  if (!isOver) row.querySelector(".avatar").append(el("span", { class: "unseen" }, say(parts.online ? "online" : "away")));
  return row;
}

function rowSign({ failed, unread, held }) {
  if (failed) return el("span", { class: "row-failed", role: "img", "aria-label": say("not_sent") }, icon("alert", "small"));
  if (unread) {
    const label = sayCount("unread", unread);
    return el("span", { class: "count", role: "img", "aria-label": label }, unread > 99 ? "99+" : unread);
  }
  if (held) return el("span", { role: "img", "aria-label": say("held") }, icon("pause", "small"));
  return null;
}

/**
 * Brings a list's children in line with its rows; what did not change stays the same element.
 * @param {HTMLElement} list @param {*[]} things @param {(thing: *) => {key: string, version: string, build: () => HTMLElement}} describe
 */
export function fillRows(list, things, describe) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let before = list.firstElementChild;
  for (const thing of things) {
    const { key, version, build } = describe(thing);
    let row = old.get(key);
    old.delete(key);
    if (row && row.dataset.version !== version) {
      const fresh = mark(build(), key, version);
      const hadFocus = row.contains(document.activeElement);
      if (before === row) before = fresh;
      row.replaceWith(fresh);
      if (hadFocus) fresh.focus();
      row = fresh;
    }
    row ??= mark(build(), key, version);
    if (row === before) before = row.nextElementSibling;
    else list.insertBefore(row, before);
  }
  for (const row of old.values()) row.remove();
}

function mark(row, key, version) {
  row.dataset.key = key;
  row.dataset.version = version;
  return row;
}

/** How many wait in my groups, and since when. */
export class QueueList {
  constructor(desk) {
    this.desk = desk;
    this.list = document.getElementById("queue-list");
    this.total = document.getElementById("queue-total");
    desk.on("queues", () => this.draw());
    eachSecond(() => this.draw());
    this.draw();
  }

  draw() {
    const shown = this.desk.queues.filter((queue) => queue.id !== null || queue.waiting > 0);
    const queues = shown.sort((one, other) => (one.oldest ?? Infinity) - (other.oldest ?? Infinity));
    this.total.textContent = queues.reduce((sum, queue) => sum + queue.waiting, 0);
    fillRows(this.list, queues, (queue) => {
      const waited = queue.oldest ? Math.floor((now() - queue.oldest) / 1000) : "";
      return {
        key: String(queue.id),
        version: `${queue.name} ${queue.waiting} ${waited}`,
        build: () => queueElement(queue),
      };
    });
    document.getElementById("queue").hidden = queues.length === 0;
  }
}

function queueElement(queue) {
  const short = el("span", { class: "short-only" }, `${say("waiting")} · `);
  const name = el("span", { class: "cut" }, short, queue.name || say("any_group"));
  if (!queue.waiting) return el("li", { class: "faint" }, name, el("span", {}, "0"), el("span", { class: "clock" }, "–"));
  return el("li", {}, name, el("b", {}, queue.waiting), queue.oldest ? waitingClock(now() - queue.oldest) : el("span", { class: "clock" }, "–"));
}

