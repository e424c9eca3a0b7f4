// One row of the list: made once, changed in place, so that nothing flickers or slips from under a press.
import { el, icon } from "../ui/dom.js";
import { avatar } from "../ui/people.js";
import { write } from "./keyed.js";
import { channelIcon, waitingClock } from "./signs.js";
import { say, sayCount } from "./words.js";

/**
 * What a row shows. `waited` in ms since the customer waits, or null; `when` is shown instead then.
 * @typedef {{id: string, customer: object, kind: string, last: string, waited: number|null, when: string, unread: number,
 *   online: boolean, held: boolean, failed: boolean, draft: boolean, isChosen: boolean, isOver: boolean}} RowFacts
 */

export class SessionRow {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.shown = {};
    this.face = el("span", { class: "avatar" });
    this.name = el("span", { class: "cut", dir: "auto" });
    this.title = el("span", { class: "queue-name" }, this.name);
    this.clock = el("span", { class: "clock" });
    this.words = el("span");
    this.last = el("span", { class: "queue-last cut", dir: "auto" }, this.words);
    this.sign = el("span", { class: "row-sign" });
    this.element = el("a", { class: "queue-row", href: `#chat/${id}`, tabindex: "-1", data: { session: id } }, this.face, this.title, this.clock, this.last, this.sign);
    this.element.row = this;
  }

  /** @param {RowFacts} facts */
  fill(facts) {
    const { element } = this;
    element.classList.toggle("read", !facts.unread);
    if (facts.isChosen) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    write(this.name, facts.customer.name);
    write(this.words, facts.last);
    if (this.#differs("draft", facts.draft)) this.#draft(facts.draft);
    this.#face(facts);
    if (this.#differs("kind", facts.kind)) this.title.replaceChildren(this.name, channelIcon(facts.kind));
    this.#sign(facts);
    this.tick(facts);
  }

  /** The running clock alone. @param {{waited: number|null, when: string}} facts */
  tick({ waited, when }) {
    const words = waited === null ? when : Math.floor(waited / 1000);
    if (!this.#differs("clock", words)) return;
    const clock = waited === null ? el("time", { class: "faint clock" }, when) : waitingClock(waited);
    this.clock.replaceWith(clock);
    this.clock = clock;
  }

  #differs(name, value) {
    if (this.shown[name] === value) return false;
    this.shown[name] = value;
    return true;
  }

  #face({ customer, online, isOver }) {
    if (!this.#differs("face", [customer.id, customer.name, customer.visitor_no, customer.avatar, Boolean(customer.picture), online, isOver].join("\n"))) return;
    const face = avatar(customer, isOver ? {} : { presence: online ? "" : "away" });
    if (!isOver) face.append(el("span", { class: "unseen" }, say(online ? "online" : "away")));
    this.face.replaceWith(face);
    this.face = face;
  }

  #draft(isThere) {
    this.last.querySelector(".draft-mark")?.remove();
    if (isThere) this.last.prepend(el("b", { class: "draft-mark" }, say("draft_mark")));
  }

  #sign({ failed, unread, held }) {
    const kind = failed ? "failed" : unread ? `unread ${unread}` : held ? "held" : "";
    if (!this.#differs("sign", kind)) return;
    const sign = signOf({ failed, unread, held });
    this.sign.replaceWith(sign);
    this.sign = sign;
  }
}

function signOf({ failed, unread, held }) {
  if (failed) return el("span", { class: "row-failed", role: "img", "aria-label": say("not_sent") }, icon("alert", "small"));
  if (unread) return el("span", { class: "count", role: "img", "aria-label": sayCount("unread", unread) }, unread > 99 ? "99+" : unread);
  if (held) return el("span", { role: "img", "aria-label": say("held") }, icon("pause", "small"));
  return el("span", { class: "row-sign" });
}
