// The pages of the service records: a transcript beside the list where there is room for both.
import { openBeside } from "./beside.js";
import { stayOnDuty } from "./duty.js";
import { closeMenus } from "./menus.js";
import { keepStars } from "./stars.js";
import { drawTranscript } from "./transcript.js";
import { page } from "./words.js";

const pane = document.getElementById("transcript");

if (pane) {
  drawTranscript(pane);
  openBeside(pane, { part: "transcript", drawn: drawTranscript });
}
if (page.on_duty) stayOnDuty();
keepStars();
closeMenus();
