// The supervisors' monitor: agents and running sessions of their groups, one of them watched live.
import { Desk } from "../sdk/csdesk-desk.js";
import { el } from "../ui/dom.js";
import { showSignedOut } from "../desk/signed-out.js";
import { LiveMark } from "../desk/top-bar.js";
import { eachSecond } from "../desk/times.js";
import { page, say, sayCount, sayError } from "../desk/words.js";
import { AgentList } from "./agents.js";
import { Board } from "./board.js";
import { Filters } from "./filters.js";
import { SessionTable } from "./sessions.js";
import { WatchPane } from "./watch.js";

const TOAST_TIME = 6_000;
const MOST_TOASTS = 2;

function start() {
  const visitorName = (number) => say("visitor", { number: String(number).padStart(4, "0") });
  const desk = new Desk({ csrfToken: page.csrf, quiet: !page.on_duty, visitorName });
  const board = new Board(page.overview, visitorName);
  const filters = new Filters(board, page.groups);
  const table = new SessionTable(board, filters);
  const agents = new AgentList(board, filters, desk, toast);
  const pane = new WatchPane(board, desk, toast);
  new LiveMark(desk);
  const draw = () => {
    counts(board);
    agents.draw();
    table.draw(pane.id);
    pane.draw();
  };
  filters.addEventListener("change", draw);
  pane.addEventListener("change", draw);
  desk.on("monitor", (changes) => {
    board.apply(changes);
    draw();
  });
  desk.on("ready", async () => {
    try {
      board.replace(await desk.monitor());
      draw();
    } catch (error) {
      toast(sayError(error));
    }
  });
  eachSecond(() => {
    table.tick();
    agents.tick();
  });
  desk.on("signedOut", () => location.assign(page.login_url));
  desk.on("kicked", ({ reason }) => showSignedOut(reason, say, page.login_url));
  phoneTabs();
  closeMenus();
  if (page.on_duty) waits(desk);
  draw();
  desk.connect();
  pane.follow();
}

function counts(board) {
  const { queued = 0, offered = 0, serving = 0 } = board.counts;
  const free = [...board.agents.values()].filter(({ status, connected }) => status === "free" && connected).length;
  for (const [name, number] of Object.entries({ queued, offered, serving, free })) {
    const place = document.querySelector(`[data-count="${name}"]`);
    place.textContent = number;
    place.closest("div").hidden = name === "offered" && !number;
  }
}

/** A passing word at the foot of the screen. @param {string} text */
function toast(text) {
  const box = document.getElementById("toasts");
  const word = el("p", { class: "toast", dir: "auto" }, text);
  while (box.children.length >= MOST_TOASTS) box.firstElementChild.remove();
  box.append(word);
  setTimeout(() => word.remove(), TOAST_TIME);
}

/** On a phone the lists stand behind each other. */
function phoneTabs() {
  const tabs = [...document.querySelectorAll(".phone-tabs [role=tab]")];
  const choose = (chosen) => {
    document.getElementById("monitor").dataset.part = chosen.dataset.part;
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const other = tabs.find((one) => one !== tab);
      choose(other);
      other.focus();
    });
  }
}

/** Open menus go away with a click elsewhere or Escape. */
function closeMenus() {
  const close = (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (event.type === "click" && menu.contains(event.target)) continue;
      menu.open = false;
      if (event.type === "keydown") menu.querySelector("summary").focus();
    }
  };
  document.addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(event));
}

/** Who is on duty while they watch others sees that somebody waits at their own workbench. */
function waits(desk) {
  const sign = document.getElementById("waits");
  const draw = () => {
    const own = [...desk.sessions.values()];
    const offered = own.filter(({ place }) => place === "offered").length;
    const unread = own.filter(({ place, summary }) => place === "serving" && summary?.unread > 0).length;
    sign.hidden = !offered && !unread;
    sign.classList.toggle("primary", offered > 0);
    sign.lastElementChild.textContent = offered ? sayCount("waits_offered", offered) : sayCount("waits_unread", unread);
  };
  for (const event of ["ready", "list", "session"]) desk.on(event, draw);
}

start();
