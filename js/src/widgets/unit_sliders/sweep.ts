// Playing: a value goes up and down through its range until it is stopped.

const THERE_AND_BACK_MS = 6000;
/** Where less motion is asked for: steps, slow enough to be looked at one by one. */
const STEP_MS = 1000;
const STEPS = 20;

/** The value after `share` of the way there and back, going up first from `start`. */
export function sweptValue(start: number, low: number, high: number, share: number): number {
  const from = (Math.min(Math.max(start, low), high) - low) / (high - low) / 2;
  const way = (from + share) % 1;
  return low + (high - low) * (way < 0.5 ? 2 * way : 2 - 2 * way);
}

/** Call `move` with the share of the way, until the function that it returns is called. */
export function play(move: (share: number) => void): () => void {
  const stepwise = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const began = performance.now();
  if (stepwise) {
    let steps = 0;
    const timer = setInterval(() => move(++steps / STEPS), STEP_MS);
    return () => clearInterval(timer);
  }
  let frame = 0;
  const tick = () => {
    frame = requestAnimationFrame(tick);
    move((performance.now() - began) / THERE_AND_BACK_MS);
  };
  frame = requestAnimationFrame(tick);
  return () => cancelAnimationFrame(frame);
}
