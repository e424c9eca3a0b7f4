// Without a build step, so with render functions. In a single-file component the chat is
//
//   <csdesk-chat v-if="shown" ref="chat" channel="demo" lang="en" :theme="theme"
//     @csdesk-unread="unread = $event.detail.count" @csdesk-message="heard" @csdesk-error="failed" />
//
// and `ignoredElements` below says that it is no component.
const { Vue } = window;
Vue.config.ignoredElements = ["csdesk-chat"];

new Vue({
  el: "#app",
  data: { shown: true, theme: "auto", unread: 0, told: "" },
  methods: {
    ask() {
      this.$refs.chat.send("Where is my order 4711?");
    },
    heard({ detail }) {
      if (detail.from.kind !== "customer") this.told = detail.text;
    },
    failed({ detail }) {
      this.told = `${detail.code}: ${detail.detail}`;
    },
  },
  render(h) {
    const themes = ["auto", "light", "dark"].map((name) => h("option", name));
    const button = (text, click) => h("button", { attrs: { type: "button" }, on: { click } }, text);
    const choose = (event) => (this.theme = event.target.value);
    return h("div", [
      h("header", [
        h("h1", "Vue 2"),
        h("span", { class: "unread" }, [this.unread || ""]),
        h("select", { attrs: { "aria-label": "Theme" }, on: { change: choose } }, themes),
        button("Ask about order 4711", this.ask),
        button(this.shown ? "Take the chat away" : "Put the chat back", () => (this.shown = !this.shown)),
      ]),
      this.shown &&
        h("csdesk-chat", {
          ref: "chat",
          attrs: { channel: "demo", lang: "en", theme: this.theme },
          on: {
            "csdesk-unread": ({ detail }) => (this.unread = detail.count),
            "csdesk-message": this.heard,
            "csdesk-error": this.failed,
          },
        }),
      h("output", [this.told]),
    ]);
  },
});
