// Tells the server the reader's time zone, so that "today" and all times on the pages are theirs.
(function () {
  "use strict";
  var zone = "";
  try {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  } catch (error) {
    return; // an old browser: the pages then show the business's own time
  }
  var kept = (/(?:^|; )csdesk-zone=([^;]*)/.exec(document.cookie) || [])[1] || "";
  if (!zone || kept === zone) return;
  document.cookie = "csdesk-zone=" + zone + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  var taken = document.cookie.indexOf("csdesk-zone=" + zone) >= 0;
  if (taken && document.documentElement.dataset.zone && document.documentElement.dataset.zone !== zone) location.reload();
})();
