// "Send another code": counts down the seconds until the service would send one.

for (const button of document.querySelectorAll("button[data-wait]")) {
  const place = button.querySelector("[data-left]");
  const until = performance.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    button.disabled = left > 0;
    place.textContent = left > 0 ? `${left}` : "";
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
