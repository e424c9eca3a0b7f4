"""What is said in the demo: a shop for tea ware and kettles, its customers and its quick replies.

A line of a talk begins with who says it: `>` the customer, `<` the agent, `#` an internal note.
`@product`, `@order` are cards, `@picture` a photo of the customer, `@pass` hands the session on to
the other group. Gaps: {goods}, {price}, {order}.
"""

ZH, EN = "zh-hans", "en"
PRE, AFTER = "pre", "after"

# name in Chinese, name in English, price in yuan
GOODS = [
    ("山禾铸铁提梁壶 1.2L", "Shanhe cast-iron kettle 1.2 L", "468"),
    ("青釉盖碗三件套", "Celadon gaiwan set of three", "198"),
    ("手冲细口壶 0.8L", "Gooseneck kettle 0.8 L", "329"),
    ("竹节公道杯", "Bamboo-joint sharing pitcher", "86"),
    ("柴烧主人杯", "Wood-fired tea cup", "128"),
    ("便携旅行茶具", "Travel tea set", "259"),
    ("玻璃煮茶壶 1L", "Glass tea kettle 1 L", "218"),
    ("陶瓷茶叶罐", "Ceramic tea caddy", "76"),
]

# nickname, language, verified user id
CUSTOMERS = [
    ("李蕾", ZH, "u_88213"), ("陈建国", ZH, "u_70461"), ("沈奕辰", ZH, "u_70114"), ("古丽娜尔·买买提", ZH, ""),
    ("乌鲁木齐好邻居便利店（24 小时）王店长", ZH, "u_66017"), ("周思远", ZH, ""), ("阿杰", ZH, ""),
    ("林小满", ZH, "u_91840"), ("欧阳若曦", ZH, ""), ("老茶客", ZH, ""), ("何雨桐", ZH, "u_58820"),
    ("Alexandra Wolfeschlegelsteinhausen-Bergerdorff", EN, "u_10233"), ("Tom Whitaker", EN, "u_10877"),
    ("Priya Raman", EN, ""), ("Jonas", EN, ""), ("Maria Eugênia Sant'Anna", EN, "u_11902"),
]

# group, language, lines
TALKS = [
    (PRE, ZH, [
        "> 你好，{goods}可以直接放在电磁炉上烧吗？", "@product", "< 您好！可以的，底部是平底，电磁炉、电陶炉都能用，明火也没问题。",
        "> 需要开壶吗", "< 需要的：先用清水煮两遍，再用茶渣煮十分钟，之后就不容易有铁味了。", "> 明白，那我下单了", "< 好的，今天 16 点前付款当天发出。",
    ]),
    (PRE, ZH, [
        "> {goods}现在有优惠吗？", "< 您好，现在满 300 减 30，新客还可以领一张 10 元券，能叠加。",
        "> 券在哪里领", "< 店铺首页顶部就能领到，领完直接下单会自动抵扣。", "> 看到了，谢谢！",
    ]),
    (PRE, ZH, [
        "> 想送长辈，六十多岁，喜欢喝普洱，预算三百左右，推荐哪款？", "< 三百左右的话，我给您推荐这一款，壶身保温好，很适合焖普洱。",
        "@product", "> 重不重？老人家手没什么力气", "< 空壶大概 900 克，装满水会有些沉。如果担心重量，玻璃煮茶壶只有一半重。",
        "> 那要玻璃的吧，可以包装成礼盒吗", "< 可以，下单备注“礼盒”就行，不另外收费，还会附一张手写贺卡。", "> 太贴心了",
    ]),
    (PRE, ZH, [
        "> 请问能开公司抬头的发票吗，我们要采购 40 套{goods}", "< 可以的，电子专票、普票都能开。40 套可以走企业采购价。",
        "# 企业采购 30 套以上九折，报价前请组长确认。", "> 九折可以吗", "< 已经帮您申请好了，九折含运费。稍后把报价单发给您。", "> 好，发我邮箱吧，我回公司走流程",
    ]),
    (PRE, ZH, ["> 在吗", "< 在的，请问有什么可以帮您？", "> {goods}的容量是到壶口还是到七分满", "< 标的是满水容量，日常建议七分满，煮开不会溢出来。", "> 好的谢谢"]),
    (PRE, ZH, [
        "> 你们这个{goods}是手工的吗，每个颜色会不会不一样", "< 是手工上釉，所以每一只的釉色深浅会有一点点差别，没有两只完全相同。",
        "> 能挑吗", "< 可以，我拍三只实物给您选，稍等。", "> 中间那只好看，就要它", "< 好的，已为您留好中间这只，下单备注“已选 2 号”。",
    ]),
    (AFTER, ZH, [
        "> 我的订单到哪了？", "@order", "< 我帮您看一下，请稍等。", "< 包裹今天早上到了杭州转运中心，预计明天送达。", "> 能改地址吗", "< 已经在路上了，您可以在派送前联系快递员改约，我也给您备注了。", "> 好的",
    ]),
    (AFTER, ZH, [
        "> 收到货了，但是壶盖边上有个豁口", "@picture", "< 非常抱歉给您添麻烦了，照片我看到了，是运输中磕到的。", "< 您希望补发一个壶盖，还是整套退换呢？",
        "> 如果不补发，直接退款可以吗？", "< 可以的，退款走原来的付款方式。", "> 那退款大概几天能到账？我是用信用卡付的",
        "# 境外卡 7–15 个工作日，别承诺更快。", "< 信用卡一般 3 到 7 个工作日到账，退款单号我也发您。", "> 好，谢谢",
    ]),
    (AFTER, ZH, [
        "> 都第三天了，退款还没到账，你们每次都说明天", "@order", "< 实在抱歉让您久等，我马上去催财务核对。", "# 退款单卡在银行通道，已提加急。",
        "< 查到了：银行那边昨晚退回过一次，刚刚已经重新打款，今天 18 点前到账。", "> 行吧，再信你们一次",
    ]),
    (AFTER, ZH, [
        "> 铁壶用了一周开始生锈了，是质量问题吗", "< 您好，内壁出现零星锈点是正常的，不影响使用。用完倒掉余水，趁热敞盖晾干就好。",
        "> 水都是红的了", "< 那先用茶渣煮 20 分钟，单宁会和铁形成保护层。做完还有红水，我给您换新的。", "> 好的我试试", "< 两天后我会再联系您看看效果。",
    ]),
    (AFTER, ZH, [
        "> 怎么退货", "< 7 天内不影响二次销售都可以退。请问是哪一笔订单？", "@order", "> 就这个，颜色和想的不一样", "< 没关系，已为您提交退货，上门取件的快递员会在今天 14 到 18 点联系您，运费我们承担。", "> 这么快，谢谢",
    ]),
    (AFTER, ZH, ["> 发票怎么还没收到", "< 电子发票昨天发到您下单邮箱了，可能在垃圾邮件里。", "> 找到了，不好意思", "< 没事，随时找我。"]),
    (PRE, ZH, [
        "> 想问一下之前买的{goods}保修多久", "< 您好，这边是售前，保修的问题我请售后同事来帮您看，记录都会转过去，您不用再说一遍。", "@pass 客户问保修，订单号在上面",
        "< 您好，我是售后。自签收起保修两年，人为摔损除外。", "> 手柄松了算吗", "< 算的，给您寄一个新手柄和工具，自己就能换，两分钟。", "> 好的，寄到原地址",
    ]),
    (AFTER, ZH, [
        "> 快递显示签收了但我没收到！", "< 您别着急，我马上联系快递核实。", "< 快递员放在小区南门驿站了，取件码已短信给您。", "> 收到取件码了", "< 好的，给您带来不便，送您一张 5 元券。",
    ]),
    (PRE, EN, [
        "> Hi, does the {goods} work on an induction hob?", "@product", "< Hello! Yes, the base is flat and magnetic, so induction is fine.",
        "> Great. Do you ship to Germany?", "< We do, 7 to 10 days, and duties are included in the price you see at checkout.", "> Perfect, thanks!",
    ]),
    (PRE, EN, [
        "> Looking for a gift for someone who is new to tea. Any ideas?", "< How lovely. The travel tea set is our favourite first gift: pot, two cups and a caddy.",
        "@product", "> Can you gift-wrap it?", "< Of course, just write “gift” in the order note. It's free.", "> You're the best",
    ]),
    (AFTER, EN, [
        "> Where is my order?", "@order", "< Let me check that for you.", "< It cleared customs this morning and should be with you on Thursday.", "> ok great",
    ]),
    (AFTER, EN, [
        "> The lid of my kettle arrived chipped", "@picture", "< I'm so sorry about that. Shall I send a new lid, or would you rather return it?",
        "> hi, about a refund: how long does it take to a US card?", "< Refunds take 7 to 15 working days on foreign cards.", "# Foreign card: never promise less than 7 days.",
        "> Then a new lid please", "< Done! It leaves today, and you can keep the chipped one.",
    ]),
    (PRE, EN, [
        "> I bought a {goods} last month and the handle is loose", "< Sorry to hear that! Let me bring in my colleague from after-sales, they have the right parts.", "@pass Loose handle, wants a spare part",
        "< Hi, after-sales here. I can post you a new handle with a small hex key.", "> That would be wonderful", "< It's on its way, no charge.",
    ]),
    (AFTER, EN, ["> How do I get the rust out of the iron kettle?", "< Boil it with used tea leaves for 20 minutes. The tannin seals the iron.", "> Like actual tea leaves?", "< Exactly, any black tea works. Then dry it while it's still warm.", "> Cool, will try"]),
]

# What is said to nobody: a customer who gives up before an agent comes.
ALONE = {
    ZH: ["有人吗", "转人工", "退款一直没到账，有人吗？", "想问下现在几点下班", "{goods}有货吗"],
    EN: ["Is anybody there?", "agent", "Do you have the {goods} in stock?", "hello?"],
}

COMMENTS = {
    1: {ZH: "等了太久，最后也没解决。", EN: "Waited far too long."},
    2: {ZH: "希望处理再快一点。", EN: "Took a while to get an answer."},
    4: {ZH: "客服很耐心。", EN: "Friendly and clear."},
    5: {ZH: "非常满意，下次还来！", EN: "Best service I've had in ages!"},
}

# category, title, text; ${CustomerName}, ${StaffName} and ${StaffNo} fill themselves in
QUICK_REPLIES = {
    ZH: [
        ("问候", "您好", "您好，我是客服 ${StaffName}，很高兴为您服务。请问有什么可以帮您？"),
        ("问候", "欢迎回来", "欢迎回来！上次的记录我都能看到，您直接说就好。"),
        ("问候", "节日问候", "您好，节日快乐！今天想看点什么，还是有订单需要我帮忙？"),
        ("接入中", "正在转接同事", "这个问题我请更熟悉的同事来帮您，聊天记录会一起转过去，您不用再说一遍。"),
        ("接入中", "接手会话", "您好，我是 ${StaffName}，前面的情况我已经看过了，接下来由我为您跟进。"),
        ("请稍候", "查询中", "好的，我帮您查一下，大约需要一两分钟，请稍候。"),
        ("请稍候", "仍在核实", "还在和仓库核实，再给我几分钟，有结果马上告诉您。"),
        ("请稍候", "请提供订单号", "方便发一下订单号吗？我马上为您查看。"),
        ("回来了", "有结果了", "让您久等了，已经查到结果。"),
        ("回来了", "感谢等待", "感谢您的耐心等待，我们继续。"),
        ("致歉", "让您久等", "非常抱歉让您久等了，我现在就为您处理。"),
        ("致歉", "商品有问题", "很抱歉商品给您带来了不好的体验。方便拍一张照片吗？我们马上补发或退换，由您来选。"),
        ("致歉", "没能帮上", "很抱歉这次没能完全帮到您，我已记录下来反馈给相关同事，有进展第一时间联系您。"),
        ("道别", "还有别的吗", "请问还有其他可以帮您的吗？"),
        ("道别", "再见", "感谢您的咨询，祝您生活愉快，喝茶愉快！"),
        ("道别", "邀请评价", "如果对这次服务还满意，欢迎给个评价，您的意见我们都会看。"),
    ],
    EN: [
        ("Greetings", "Hello", "Hello, this is ${StaffName}. How can I help you today?"),
        ("Greetings", "Welcome back", "Welcome back! I can see our earlier chat, so just carry on."),
        ("Connecting", "Bringing in a colleague", "Let me bring in a colleague who knows this best. They can read our chat, so there's no need to repeat anything."),
        ("Connecting", "Taking over", "Hi, this is ${StaffName}. I've read everything so far and will take it from here."),
        ("Please wait", "Looking it up", "Let me look that up for you. It takes a minute or two."),
        ("Please wait", "Still checking", "I'm still checking with the warehouse. I'll be right back with an answer."),
        ("Please wait", "Order number", "Could you send me your order number? I'll check straight away."),
        ("Back again", "Found it", "Thank you for waiting, here's what I found."),
        ("Back again", "I'm back", "I'm back. Where were we?"),
        ("Apologies", "Sorry for the wait", "I'm sorry to have kept you waiting. I'm on it now."),
        ("Apologies", "Faulty item", "I'm sorry about that. Could you send me a photo? We'll replace it or refund you, whichever you prefer."),
        ("Apologies", "Couldn't solve it", "I'm sorry I couldn't solve this right away. I've passed it on, and we'll write to you as soon as there's news."),
        ("Good-byes", "Anything else", "Is there anything else I can do for you?"),
        ("Good-byes", "Good-bye", "Thank you for getting in touch. Enjoy your tea!"),
        ("Good-byes", "Ask for a rating", "If you have a moment, we'd love to hear how we did."),
    ],
}
