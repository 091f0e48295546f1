// A latent optimization in the page itself, in slices, so that the page has its turns.

import type { Vector } from "../../engine/matrices";
import type { Network } from "../../engine/network";
import type { Moment, Optimization } from "../../engine/optimization";

/** Milliseconds of work before the page gets a turn; with what is shown, well below a frame. */
export const SLICE_MS = 6;
const SHOWN_EVERY_MS = 50;
const SHOWN_AT_LEAST = 20; // times in a run
/** What is worked, at least: many large codes take longer to show than to move. */
const SHARE_OF_WORK = 1 / 3;

/** Take the steps; give where the codes are at the start, now and then, and at the end. */
export async function* inSlices(
  optimization: Optimization,
  steps: number,
): AsyncGenerator<Moment, void> {
  while (true) {
    const shown = performance.now();
    yield optimization.moment();
    if (optimization.atEnd) return;
    const until = optimization.step + Math.ceil(steps / SHOWN_AT_LEAST);
    let worked = 0;
    const isDue = () => {
      const apart = performance.now() - shown;
      return apart >= SHOWN_EVERY_MS && worked >= SHARE_OF_WORK * apart;
    };
    do {
      const began = performance.now();
      optimization.advance(SLICE_MS, until);
      worked += performance.now() - began;
      await turn();
    } while (optimization.step < until && !optimization.atEnd && !isDue());
  }
}

/** The pictures of codes. */
export async function invertInSlices(network: Network, codes: Vector[]): Promise<Vector[]> {
  const images: Vector[] = [];
  let end = performance.now() + SLICE_MS;
  for (const code of codes) {
    images.push(network.invert(code));
    if (performance.now() < end) continue;
    await turn();
    end = performance.now() + SLICE_MS;
  }
  await turn();
  return images;
}

/** Let the page have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
