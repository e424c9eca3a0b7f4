// The workbench: the desk library, and on it one class for each thing on the screen.
import { Desk } from "../sdk/csdesk-desk.js";
import { CardForm } from "./card-form.js";
import { ChatHead } from "./chat-head.js";
import { ChatThread } from "./chat-thread.js";
import { Composer } from "./composer.js";
import { DesktopNotices, Ringer, Teller, TitleMark } from "./notices.js";
import { Offers } from "./offers.js";
import { EndedToday } from "./ended.js";
import { QueueList } from "./queue-list.js";
import { SessionList } from "./session-list.js";
import { QuickReplies } from "./quick-replies.js";
import { Shortcuts } from "./shortcuts.js";
import { Side } from "./side.js";
import { Stage } from "./stage.js";
import { SummaryDialog } from "./summing-up.js";
import { AccountMenu, AvailabilityMenu, LiveMark } from "./top-bar.js";
import { TransferDialog } from "./transfer.js";
import { page, say, sayError } from "./words.js";
import { Workbench } from "./workbench.js";

function start() {
  const desk = new Desk({ csrfToken: page.csrf, storage: tabStorage(), visitorName });
  const bench = new Workbench(desk, document.getElementById("desk"));
  const teller = new Teller(bench);
  const tell = (error, text) => teller.toast(text);
  bench.addEventListener("trouble", ({ detail }) => teller.toast(sayError(detail)));

  const replies = new QuickReplies(bench);
  const ringer = new Ringer(bench);
  const notices = new DesktopNotices(bench);
  const availability = new AvailabilityMenu(bench, tell);
  new AccountMenu(bench, { ringer, notices, availability });
  new LiveMark(desk);
  new TitleMark(bench);
  new Stage(bench, availability);
  const offers = new Offers(bench, tell);
  new SessionList(bench);
  new EndedToday(bench);
  new QueueList(desk);
  const transfer = new TransferDialog(bench, tell);
  new ChatHead(bench, { tell, transfer });
  const summing = new SummaryDialog(bench, tell);
  const composer = new Composer(bench, { tell, replies, card: new CardForm(desk) });
  new ChatThread(bench, { tell, again: (text) => composer.insert(text) });
  const side = new Side(bench, { replies, tell });
  new Shortcuts(bench, { offers, side, composer, transfer, availability, summing });

  bench.start();
  replies.load();
  desk.on("signedOut", () => location.assign(page.login_url));
  desk.connect();
}

/** What lives as long as the tab; browsers may refuse it. */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** A visitor without a name, in the reader's language. @param {number} number */
function visitorName(number) {
  return say("visitor", { number: String(number).padStart(4, "0") });
}

start();
