// Work that many events ask for is done once: before the next picture, or soon where no picture is drawn.
const HIDDEN_WAIT = 250;

/**
 * A function that has `work` done soon, once, however often it is called meanwhile.
 * @param {() => void} work @param {number} [every] ms that lie between two times at least @returns {() => void}
 */
export function soon(work, every = 0) {
  let frame = 0;
  let timer = 0;
  let last = -Infinity;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = 0;
    last = performance.now();
    work();
  };
  return () => {
    if (timer) return;
    const wait = every - (performance.now() - last);
    // A page that nobody sees draws no pictures; its title and lists go on all the same.
    if (wait <= 0) frame = requestAnimationFrame(run);
    timer = setTimeout(run, wait > 0 ? wait : HIDDEN_WAIT);
  };
}
