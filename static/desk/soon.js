// Work that many events ask for is done once: before the next picture, or soon where no picture is drawn.
const HIDDEN_WAIT = 250;

/**
 * A function that has `work` done soon, once, however often it is called meanwhile.
 * @param {() => void} work @returns {() => void}
 */
export function soon(work) {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = 0;
    work();
  };
  return () => {
    if (timer) return;
    // A page that nobody sees draws no pictures; its title and lists go on all the same.
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, HIDDEN_WAIT);
  };
}
