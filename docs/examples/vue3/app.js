// Without a build step, so with render functions. In a single-file component the chat is
//
//   <csdesk-chat v-if="shown" ref="chat" channel="demo" lang="en" :theme="theme"
//     @csdesk-unread="unread = $event.detail.count" @csdesk-message="heard" @csdesk-error="failed" />
//
// and `app.config.compilerOptions.isCustomElement = (tag) => tag === "csdesk-chat"` says that it is no
// component.
const { createApp, h } = window.Vue;

createApp({
  data: () => ({ shown: true, theme: "auto", unread: 0, told: "" }),
  methods: {
    ask() {
      this.$refs.chat?.send("Where is my order 4711?");
    },
    choose({ target }) {
      this.theme = target.value;
    },
    heard({ detail }) {
      if (detail.from.kind !== "customer") this.told = detail.text;
    },
    failed({ detail }) {
      this.told = `${detail.code}: ${detail.detail}`;
    },
  },
  render() {
    const themes = ["auto", "light", "dark"].map((name) => h("option", name));
    const button = (text, onClick) => h("button", { type: "button", onClick }, text);
    return [
      h("header", [
        h("h1", "Vue 3"),
        h("span", { class: "unread" }, this.unread || ""),
        h("select", { "aria-label": "Theme", onChange: this.choose }, themes),
        button("Ask about order 4711", this.ask),
        button(this.shown ? "Take the chat away" : "Put the chat back", () => (this.shown = !this.shown)),
      ]),
      this.shown &&
        h("csdesk-chat", {
          ref: "chat",
          channel: "demo",
          lang: "en",
          theme: this.theme,
          "onCsdesk-unread": ({ detail }) => (this.unread = detail.count),
          "onCsdesk-message": this.heard,
          "onCsdesk-error": this.failed,
        }),
      h("output", this.told),
    ];
  },
}).mount("#app");
