// While an agent on duty reads records, this page is their open workbench: nobody goes offline by looking
// something up, and a session that comes in meanwhile shows itself in the top bar.
import { Desk } from "../sdk/csdesk-desk.js";
import { page, say } from "./words.js";

/** Keep the workbench's connection, and say when somebody waits there. */
export function stayOnDuty() {
  const desk = new Desk({ csrfToken: page.csrf, storage: sessionStorage });
  const sign = document.getElementById("waits");
  const title = document.title;

  const draw = () => {
    const sessions = [...desk.sessions.values()];
    const offered = sessions.filter((session) => session.place === "offered").length;
    const unread = sessions.filter((session) => session.place === "serving" && session.summary?.unread > 0).length;
    sign.hidden = !offered && !unread;
    sign.classList.toggle("primary", offered > 0);
    sign.lastElementChild.textContent = offered ? say("offered", { n: offered }) : say("unread", { n: unread });
    document.title = offered + unread ? `(${offered + unread}) ${title}` : title;
  };

  for (const event of ["ready", "list", "session"]) desk.on(event, draw);
  desk.on("signedOut", () => location.reload());
  desk.on("kicked", () => location.reload());
  desk.connect();
}
