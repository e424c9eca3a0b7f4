// Every kind of message in the real conversation, from both sides, and what is still under way.
import { Thread } from "../ui/thread.js";

const { pretend } = window;
const place = document.querySelector("main");
const side = place.dataset.side;
const session = "01900000-0000-7000-8000-000000000001";

const thread = new Thread(place.querySelector(".thread"), {
  side,
  words: JSON.parse(document.getElementById("words").textContent),
  locale: document.documentElement.lang,
  service: side === "customer" ? { name: pretend.words("Shanhe Wares", "山禾器物") } : undefined,
  canRecall: (message) => message.message.type === "text",
  on: {
    answer: () => {},
    rate: () => Promise.reject(new Error(pretend.words("The rating could not be sent.", "评价没有发出。"))),
    retry: () => {},
    cancel: () => {},
    recall: () => {},
    again: () => {},
  },
});

for (const frame of pretend.frames(session, [...pretend.talk, ...pretend.cards, ...pretend.awkward])) thread.put(frame);
thread.read(session, 5);

const text = (said) => ({ type: "text", text: pretend.words(...said) });
const file = { type: "file", file: { name: "invoice.pdf", size: 240_000, mime: "application/pdf" } };
thread.pend({ client_id: "p1", message: text(["On its way", "发送中"]) });
thread.pend({ client_id: "p2", message: file, progress: 0.4 });
thread.pend({ client_id: "p3", message: text(["Waits for the connection", "等待连接"]), waits: true, reason: pretend.words("Not sent yet", "尚未发出") });
thread.pend({ client_id: "p4", message: text(["Not sent", "没有发出"]), failed: true });
thread.pend({ client_id: "p5", message: file, failed: true, refused: true, reason: pretend.words("Too large", "太大了") });
