// The pages of the customers: a profile beside the list, forms in a dialog over both.
import { openBeside } from "../records/beside.js";
import { stayOnDuty } from "../records/duty.js";
import { closeMenus } from "../records/menus.js";
import { page, say } from "../records/words.js";
import { growAttributes, openForm } from "./form-dialog.js";

const pane = document.getElementById("profile");

if (pane) openBeside(pane, { part: "profile" });
if (page.on_duty) stayOnDuty();
closeMenus();
growAttributes(document);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-form]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  openForm(link.href, { failed: say("not_saved"), close: say("cancel"), saved: () => location.reload() });
});
