// Runs in the head, before paint: takes up the theme chosen earlier; without one the browser's wish decides.
(function () {
  "use strict";
  var key = "csdesk-theme";
  var root = document.documentElement;

  function kept() {
    try {
      return localStorage.getItem(key);
    } catch (error) {
      return null; // storage is closed to us: the browser's wish decides
    }
  }

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.querySelectorAll("[data-set-theme]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === (root.dataset.theme || "auto")));
    });
  }

  function choose(theme) {
    try {
      if (theme === "auto") localStorage.removeItem(key);
      else localStorage.setItem(key, theme);
    } catch (error) {
      // the choice then lasts as long as the page
    }
    show(theme);
  }

  show(kept());
  document.addEventListener("DOMContentLoaded", function () {
    show(root.dataset.theme || kept());
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-set-theme]");
    if (button) choose(button.dataset.setTheme);
  });
  addEventListener("storage", function (event) {
    if (event.key === key) show(event.newValue);
  });
})();
