// The workbench on a pretended network: what the server says in each state.
(function () {
  "use strict";
  const { pretend } = window;
  const { words } = pretend;
  const minute = 60_000;
  const now = Date.now();
  const isBusy = ["serving", "offers", "long", "ended", "offline", "failed"].includes(pretend.state);
  const names = [words("Visitor_0042", "访客_0042"), "Tom Whitaker", "欧阳·阿不都热依木".repeat(4), "מרים", "W".repeat(200)];
  const id = (number) => `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;
  const said = pretend.state === "long" ? [...pretend.awkward.slice(0, -1), ...pretend.cards] : [...pretend.talk, ...pretend.cards.slice(4, 7)];

  function summary(number, more = {}) {
    const messages = pretend.frames(id(number), said);
    const last = messages.at(-1);
    return {
      session: id(number),
      state: "serving",
      customer: { id: `c${number}`, name: names[number % names.length], visitor_no: number % names.length ? null : 42, avatar: "", online: number % 3 !== 2 },
      channel: { name: words("Shanhe Wares", "山禾器物"), kind: "website" },
      group: { id: 1, name: words("Pre-sales", "售前咨询") },
      agent: 0,
      started: now - 40 * minute + number * minute,
      assigned: now - 30 * minute + number * minute,
      ended: null,
      offer_ends: null,
      waiting_since: number % 2 ? null : now - [0.3, 1, 2.4, 4, 9][number % 5] * minute,
      held: number === 3,
      unread: [0, 3, 0, 0, 120][number % 5],
      seq: messages.length,
      rev: messages.length,
      note: 0,
      read: { customer: 4, agent: messages.length },
      last: { text: words("Thank you. It leaves our store today.", "谢谢，今天就寄出。"), time: last.time, kind: "text", from: number % 2 ? "agent" : "customer" },
      ...more,
    };
  }

  const offered = (number, seconds) => summary(number, { state: "offered", offer_ends: now + seconds * 1000, unread: 0 });
  const sessions = {
    offers: [offered(10, 19), offered(11, 4), summary(0), summary(1)],
    long: [offered(14, 30), ...Array.from({ length: 9 }, (_, number) => summary(number))],
  };

  const ready = {
    op: "ready",
    member: { id: 0, account: "sample", nickname: "林晓雯", staffNo: "00790", avatar: "", role: "agent", groups: [{ id: 1, name: words("Pre-sales", "售前咨询") }] },
    status: pretend.state === "empty" ? "offline" : "free",
    restReason: "",
    sessions: sessions[pretend.state] ?? (isBusy ? [0, 1, 2, 3].map((number) => summary(number)) : []),
    queues: isBusy ? [{ id: 1, name: words("Pre-sales", "售前咨询"), waiting: 2, oldest: now - 3 * minute }, { id: 2, name: words("After-sales", "售后服务"), waiting: 0, oldest: null }] : [],
    limits: { sessions: 5, recall: 120, reply: 120 },
  };
  const over = [20, 21].map((number) => summary(number, { state: "closed", ended: now - number * minute, status: "normal", closed_by: "seat", rating: number === 20 ? words("Very good", "非常满意") : null }));

  pretend.requests.push(
    ["/desk/quick-replies/", { replies: ["Greetings", "Apologies"].flatMap((_, group) => [0, 1, 2].map((number) => ({ id: group * 3 + number, category: group ? words("Apologies", "致歉") : words("Greetings", "问候"), title: words("Sorry for the wait", "抱歉久等"), text: words("I'm sorry to have kept you waiting, ${UserNick}.", "抱歉让您久等了，${UserNick}。"), mine: group === 0 }))) }],
    ["/desk/ended/", { sessions: isBusy ? over : [] }],
    ["/summary/", {
      customer: names[0],
      required: true,
      categories: [[1, words("Orders and delivery", "订单与物流"), 1], [2, words("Where is it", "物流查询"), 2], [3, words("Another address", "改地址"), 2], [4, words("Refunds", "退款"), 1]].map(([number, name, depth]) => ({ id: number, name, path: name, depth })),
      tags: [words("Complaint", "投诉处理"), words("Likely to buy", "高意向客户"), "VIP"].map((name, number) => ({ id: number, name, colour: "tone-1" })),
      chosen_tags: [1],
      category: 2,
      resolved: false,
      remark: "",
    }],
    ["/desk/sessions/", {
      customer: [{ label: words("Phone", "手机"), value: "138****1234" }, { label: words("Visits", "来访"), value: "3" }, { label: words("Remark", "备注"), value: words("Prefers e-mail. ", "喜欢用邮件联系。").repeat(9) }],
      data: [{ title: words("Visit", "访问"), rows: [{ label: words("Page", "页面"), value: `https://shop.example/${"kt-08s-".repeat(20)}` }, { label: words("First seen", "首次来访"), time: now - 86_400_000 }] }],
      earlier: [0, 1].map((number) => ({ session: id(30 + number), started: now - (number + 1) * 86_400_000, agent: "陈思远", status_label: words("Ended normally", "正常结束"), last: words("Perfect, thanks!", "好的，谢谢！"), record_url: "" })),
    }],
  );

  pretend.answer = (frame, send) => {
    const done = (more = {}) => frame.id && send({ op: "result", id: frame.id, ok: true, ...more });
    if (frame.op === "hello") send(ready);
    else if (frame.op === "sync" || frame.op === "history") {
      const messages = pretend.frames(frame.session, said);
      for (const message of messages) if (message.rev > (frame.rev ?? 0)) send(message);
      if (frame.op === "history") send({ op: "history_end", before: null });
      else send({ op: "synced", session: frame.session, seq: messages.length, rev: messages.length, more: false });
      done();
    } else if (frame.op === "colleagues") {
      done({
        agents: [
          { userId: "a", nickname: "陈思远", email: "agent2@example.com", staffNo: "00791", status: "free", load: 1, limit: 5, groups: [], choosable: true },
          { userId: "b", nickname: "Grace", email: "agent3@example.com", staffNo: "00792", status: "rest", load: 0, limit: 5, groups: [], choosable: false },
        ],
        groups: [{ id: 2, name: words("After-sales", "售后服务"), waiting: 0, free: 1, choosable: true }],
      });
    } else if (frame.op === "ping") send({ op: "pong", sessions: {} });
    else if (frame.op === "send") send({ op: "error", code: "unavailable", detail: "", client_id: frame.client_id });
    else done();
  };

  if (isBusy && pretend.state !== "offers") location.hash = `#chat/${id(0)}`;
})();
