// One transcript on the page: messages, notes, the parts of the session, finding in it.
import { el, icon } from "../ui/dom.js";
import { Thread } from "../ui/thread.js";
import { timeLabel } from "../ui/times.js";
import { Finder } from "./find.js";
import { say, threadWords } from "./words.js";

const locale = document.documentElement.lang;

/** Draw the transcript whose facts stand in `root`. @param {HTMLElement} root */
export function drawTranscript(root) {
  const facts = root.querySelector("#transcript-content");
  if (!facts) return;
  const content = JSON.parse(facts.textContent);
  const place = root.querySelector(".thread");
  place.replaceChildren();
  const thread = new Thread(place, { side: "seat", words: threadWords, locale });
  // Several people may have served: each message says who wrote it.
  for (const message of content.messages) thread.put({ ...message, from: { ...message.from, other: true } });
  for (const note of content.notes) thread.beside(`note-${note.n}`, noteOf(note), { session: sessionOf(content), seq: note.after_seq, time: note.time });
  for (const part of content.parts) showPart(thread, part, content);
  thread.read(sessionOf(content), content.read);
  thread.draw();
  for (const part of content.parts) tint(thread, part, content);
  const finder = new Finder(root.querySelector(".find"), place, say("no_hits"));
  const own = content.parts.find((part) => part.own);
  if (finder.input.value.trim()) finder.look();
  else if (own && own.number > 1) thread.elementOf(sessionOf(content), own.first_seq + 1)?.scrollIntoView({ block: "center" });
}

const sessionOf = (content) => content.messages[0]?.session ?? "";

function noteOf(note) {
  return el(
    "aside",
    { class: "internal", "aria-label": say("note") },
    icon("note"),
    el("header", {}, el("strong", { dir: "auto" }, note.name), " ", say("note"), " ", el("time", {}, timeLabel(note.time, locale))),
    el("p", { dir: "auto" }, note.text),
  );
}

/** A line where a part of the session begins. */
function showPart(thread, part, content) {
  const session = sessionOf(content);
  const head = el(
    "p",
    { class: part.own ? "part-line own" : "part-line", id: `part-${part.number}` },
    icon(part.number > 1 ? "transfer" : "record", "small"),
    el("span", {}, say("part", { number: part.number })),
    part.who ? el("strong", { class: "cut", dir: "auto" }, part.who) : null,
    el("time", {}, timeLabel(part.time, locale)),
    part.own ? el("span", { class: "tag accent" }, say("own_part")) : null,
  );
  thread.beside(`part-${part.number}`, head, { session, seq: part.first_seq, time: part.time });
}

/** What belongs to other records stands back. */
function tint(thread, part, content) {
  const session = sessionOf(content);
  const last = part.last_seq ?? Infinity;
  for (const message of content.messages) {
    if (message.seq > part.first_seq && message.seq <= last) {
      thread.elementOf(session, message.seq)?.classList.add(part.own ? "own-part" : "other-part");
    }
  }
}
