// Clocks and countdowns as the workbench draws them: early, near the target, past it.
import { countdown, REPLY_TARGET, waitingClock } from "../desk/signs.js";

const place = document.getElementById("clocks");
for (const share of [0.3, 0.8, 1.4]) place.append(waitingClock(REPLY_TARGET * share));
for (const seconds of [17, 4]) place.append(countdown(seconds * 1000, 20_000));
