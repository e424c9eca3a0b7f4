// The customer's window on a pretended network: what the server says in each state.
(function () {
  "use strict";
  const { pretend } = window;
  const session = "01900000-0000-7000-8000-000000000001";
  const said = {
    serving: pretend.talk,
    cards: pretend.cards,
    queued: pretend.talk.slice(0, 2),
    long: pretend.awkward,
    offline: pretend.talk,
    closed: [...pretend.talk, [pretend.people.system, { type: "custom", data: { customerServicePlugin: 0, src: "19" } }], pretend.cards[7]],
    refused: pretend.talk,
  }[pretend.state];
  const messages = said ? pretend.frames(session, said) : [];
  const last = messages.length;

  pretend.requests.push([
    "/api/visitor/token",
    { token: "pretended", userID: "sample", nickname: "", expires: Date.now() + 86_400_000 },
  ]);

  const states = { queued: "queued", closed: "closed", cards: "flow" };
  const state = {
    op: "state",
    session,
    rev: last,
    changed: false,
    state: states[pretend.state] ?? "serving",
    agent: pretend.state in states ? null : { name: "林晓雯", staffNo: "00790", avatar: "" },
    position: pretend.state === "queued" ? 3 : null,
    can: { queued: ["leave_queue", "end"], closed: [], cards: ["request_agent", "end"] }[pretend.state] ?? ["rate", "end"],
  };

  const ready = {
    op: "ready",
    session: last && pretend.state !== "closed" ? session : null,
    sessions: last ? [{ session, seq: last, rev: last, state: state.state }] : [],
    customer: { id: "c1", name: "", visitor_no: 42, avatar: "" },
    channel: { key: "demo", name: pretend.words("Shanhe Wares", "山禾器物"), avatar: "", staffed: true, file_limit: 20_000_000, typing_preview: false, recall_seconds: 120 },
  };

  pretend.answer = (frame, send) => {
    if (frame.op === "hello") {
      send(ready);
      if (last) send(state);
    } else if (frame.op === "sync" || frame.op === "history") {
      for (const message of messages) if (message.rev > (frame.rev ?? 0)) send(message);
      if (frame.op === "history") return send({ op: "history_end", before: null });
      send({ op: "synced", session, seq: last, rev: last, more: false });
      send(state);
      if (pretend.state === "serving") send({ op: "signal", data: { customerServicePlugin: 0, src: "12", name: "林晓雯" } });
    } else if (frame.op === "ping") send({ op: "pong", sessions: { [session]: last } });
    else if (frame.op === "send") send({ op: "error", code: "unavailable", detail: "", client_id: frame.client_id });
  };
})();
