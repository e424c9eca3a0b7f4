// The menu of the window's head: a <details> that closes when one presses elsewhere or Escape.

/**
 * @param {Element|ShadowRoot} root whose menus they are
 * @param {AbortSignal} signal takes the listeners off again
 */
export function keepMenus(root, signal) {
  const open = () => root.querySelectorAll("details.menu[open]");
  root.addEventListener(
    "toggle",
    ({ target }) => target.matches("details.menu[open]") && target.querySelector(".row")?.focus(),
    { capture: true, signal },
  );
  // Pressed anywhere on the page; inside a shadow root only the path knows where.
  document.addEventListener(
    "click",
    (event) => {
      for (const menu of open()) if (!event.composedPath().includes(menu)) menu.open = false;
    },
    { signal },
  );
  root.addEventListener(
    "keydown",
    (event) => {
      const [menu] = event.key === "Escape" ? open() : [];
      if (!menu) return;
      event.preventDefault();
      menu.open = false;
      menu.querySelector("summary").focus();
    },
    { signal },
  );
}
