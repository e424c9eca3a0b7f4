// On glass the keyboard covers the page's foot; the window then is as high as what is left.

/** @param {AbortSignal} signal ends it */
export function fitKeyboard(signal) {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    if (view.scale > 1.01) return;
    document.documentElement.style.setProperty("--seen-height", `${Math.round(view.height)}px`);
    if (view.offsetTop) scrollTo(0, 0);
  };
  view.addEventListener("resize", fit, { signal });
  view.addEventListener("scroll", fit, { signal });
  fit();
}
