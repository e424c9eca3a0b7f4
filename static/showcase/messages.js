// Sample messages of every kind, as frames of the protocol. Names, words and numbers are invented.
(function () {
  "use strict";
  const { pretend } = window;
  const words = (english, chinese) => (pretend.isChinese ? chinese : english);
  const long = "W".repeat(600);
  const many = words("A rather long sentence about a kettle that goes on and on. ", "一句关于水壶的、说起来没完没了的长话。").repeat(60);
  const agent = { kind: "agent", id: "0", name: "林晓雯", avatar: "" };
  const bot = { kind: "bot", name: words("Helper", "小助手") };
  const customer = { kind: "customer", id: "c1", name: words("Visitor_0042", "访客_0042") };
  const system = { kind: "system" };

  const text = (said) => ({ type: "text", text: said });
  const custom = (data) => ({ type: "custom", data: { customerServicePlugin: 0, ...data } });
  const file = (type, name, more = {}) => ({ type, file: { id: name, name, size: 1_234_567, mime: "", url: "", thumbnail: "", ...more } });
  const drawn = (width, height) =>
    `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#d8b48a"/><circle cx="50%" cy="50%" r="20%" fill="#7a5230"/></svg>`)}`;
  const picture = (name, width, height) => file("image", name, { width, height, url: drawn(width, height), thumbnail: drawn(width, height) });

  const levels = [words("Very poor", "很差"), words("Poor", "较差"), words("Fair", "一般"), words("Good", "满意"), words("Very good", "非常满意")].map((content, at) => ({ id: String(at + 1), content }));
  const rating = (more) => custom({ src: "9", menuContent: { head: words("How was our service?", "您对本次服务满意吗？"), tail: "", menu: levels, type: 1, sessionId: "r1", effectiveHour: 24, expireTime: Date.now() / 1000 + 86_400, ...more } });
  const items = [words("Where is my order?", "我的订单到哪里了？"), words("How do I return something?", "怎么退货？"), words("My lid has a crack", "壶盖裂了怎么办")].map((content) => ({ content }));

  pretend.words = words;
  pretend.people = { agent, bot, customer, system };
  pretend.levels = levels;

  /** What is said in an ordinary session: a welcome, questions, answers. */
  pretend.talk = [
    [system, text(words("Hello and welcome! How can we help you?", "您好，欢迎光临！请问有什么可以帮您？"))],
    [customer, text(words("Hi! The lid of my KT-08S has a crack. Can I get a new one?", "你好，我的 KT-08S 壶盖裂了，可以换一个吗？"))],
    [system, text(words("You are now talking to 林晓雯 (no. 00790).", "工号 00790 林晓雯 为您服务。"))],
    [agent, text(words("So sorry about the crack. The warranty covers the lid, so a new one is free.", "非常抱歉！壶盖在保修范围内，可以免费换新。"))],
    [agent, text(words("Could you send a picture?", "方便发一张照片吗？"))],
    [customer, picture("lid.png", 640, 400)],
    [agent, text(words("Thank you. It leaves our store today: https://shop.example/parcels/20431", "谢谢，今天就寄出：https://shop.example/parcels/20431"))],
  ];

  /** One of each card. */
  pretend.cards = [
    [bot, custom({ src: "29", subtype: "welcome_msg", content: { title: words("You may want to ask", "您可能想问"), content: words("Hello, I am the assistant.", "您好，我是智能助手。"), items } })],
    [bot, custom({ src: "15", content: { header: words("Which one is it?", "请问是哪一款？"), items: [{ content: "KT-08S", desc: words("0.8 litres", "0.8 升") }, { content: "KT-12", desc: words("1.2 litres", "1.2 升") }], tail: words("You find it below the kettle.", "型号在壶底。") } })],
    [bot, custom({ src: "15", content: { header: words("Answered already", "已经回答过的"), items, selected: items[1].content } })],
    [bot, custom({ src: "21", content: { header: words("Your order number, please", "请告诉我您的订单号"), type: 0 } })],
    [agent, custom({ src: "22", content: { header: words("KT-08S gooseneck kettle, misty white", "KT-08S 细口壶 雾白"), desc: words("¥329, sent within 24 hours", "¥329，24 小时内发货"), url: "https://shop.example/kt-08s", pic: "https://cdn.example/kt-08s.jpg" } })],
    [customer, custom({ src: "28", content: { guide: words("The order I ask about", "我咨询的订单"), name: words("KT-08S lid", "KT-08S 壶盖"), desc: words("1 piece", "1 件"), customField: [{ name: words("Order", "订单号"), value: "20431" }, { name: words("Amount", "金额"), value: "¥29" }], url: "https://shop.example/orders/20431" } })],
    [bot, custom({ src: "30", content: words("**Returns** within 7 days:\n1. Open *My orders*\n2. Press `Return`\n\n> Keep the box.\n\n[How to](https://shop.example/returns)", "**退货** 7 天内：\n1. 打开 *我的订单*\n2. 点 `退货`\n\n> 请保留包装。\n\n[详细说明](https://shop.example/returns)") })],
    [system, rating()],
    [system, rating({ type: 2 })],
    [system, rating({ selected: { id: "5", content: levels[4].content, comment: words("Quick and kind", "又快又耐心") }, thanks: words("Thank you!", "感谢您的评价！") })],
    [system, rating({ selected: { id: "1", content: levels[0].content } })],
    [system, rating({ expireTime: 1_600_000_000 })],
  ];

  /** What is awkward: long, right to left, broken, taken back. */
  pretend.awkward = [
    [customer, text(long)],
    [agent, text(many)],
    [customer, text("שלום, הקומקום שלי נשבר. KT-08S 😀 مرحبا بالعالم")],
    [customer, text("Z̸̢͝a̵͓͌l̶̰̈́g̸͎̈o̷̻͑ ‮gnp.exe‬ 👨‍👩‍👧‍👦🏳️‍🌈")],
    [customer, text("<script>alert(1)</script> <b>bold</b> ${StaffName}")],
    [customer, text("👨‍👩‍👧‍👦🏳️‍🌈😀")],
    [{ ...agent, name: "N".repeat(200) }, text(words("A name of 200 letters", "名字有 200 个字母"))],
    [customer, picture("tall.png", 40, 4000)],
    [customer, picture("wide.png", 4000, 40)],
    [customer, file("image", "broken.png", { width: 400, height: 300, url: "data:image/png;base64,AAAA" })],
    [agent, file("file", `${"contract-".repeat(20)}2026.pdf`, { url: "#", size: 48_211_004 })],
    [agent, file("file", "‮gpj.exe", { url: "#", size: 12 })],
    [customer, custom({ src: "22", content: { header: long.slice(0, 200), desc: long.slice(0, 300) } })],
    [bot, custom({ src: "15", content: { header: many.slice(0, 200), items: [{ content: long.slice(0, 120) }, { content: many.slice(0, 160) }] } })],
    [customer, custom({ src: "99" })],
    [customer, { type: "recalled" }],
    [agent, { type: "recalled" }],
    [system, custom({ src: "20" })],
  ];

  /** Frames of messages in one session, a minute apart, the last one now. */
  pretend.frames = (session, said) =>
    said.map(([from, message], at) => ({
      op: "message",
      id: `${session}.${at + 1}`,
      session,
      seq: at + 1,
      rev: at + 1,
      time: Date.now() - (said.length - at) * 60_000,
      from,
      message,
    }));
})();
