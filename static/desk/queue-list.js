// How many wait in my groups, and since when.
import { el } from "../ui/dom.js";
import { follow, write } from "./keyed.js";
import { waitingClock } from "./signs.js";
import { eachSecond, now } from "./times.js";
import { say } from "./words.js";

export class QueueList {
  constructor(desk) {
    this.desk = desk;
    this.list = document.getElementById("queue-list");
    this.sum = document.getElementById("queue-sum");
    this.total = document.getElementById("queue-total");
    desk.on("queues", () => this.draw());
    eachSecond(() => this.draw());
    this.draw();
  }

  draw() {
    const shown = this.desk.queues.filter((queue) => queue.id !== null || queue.waiting > 0);
    const queues = shown.sort((one, other) => (one.oldest ?? Infinity) - (other.oldest ?? Infinity));
    const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
    write(this.total, waiting);
    fillQueue(this.sum, { name: say("waiting_in_groups"), waiting, oldest: queues[0]?.oldest });
    follow(this.list, queues, { key: (queue) => String(queue.id), make: queueElement, fill: fillQueue });
    document.getElementById("queue").hidden = queues.length === 0;
  }
}

function queueElement() {
  return el("li", {}, el("span", { class: "cut" }, el("span")), el("b"), el("span", { class: "clock" }, "–"));
}

function fillQueue(row, { name, waiting, oldest }) {
  const [title, count, clock] = row.children;
  row.classList.toggle("faint", !waiting);
  title.title = name || say("any_group");
  write(title.lastElementChild, title.title);
  write(count, waiting);
  const waited = waiting && oldest ? Math.floor((now() - oldest) / 1000) : -1;
  if (row.dataset.waited === String(waited)) return;
  row.dataset.waited = waited;
  clock.replaceWith(waited < 0 ? el("span", { class: "clock" }, "–") : waitingClock(now() - oldest));
}
