// A descent in the page itself, in slices, so that the page has its turns; the twin of Python's run.py.

import type { Descent, Moment } from "../../engine/descent";
import type { Network } from "../../engine/engine";
import type { Vector } from "../../engine/matrices";

/** Milliseconds of work before the page gets a turn; with what is shown, well below a frame. */
export const SLICE_MS = 6;
const SHOWN_EVERY_MS = 50;
const SHOWN_AT_LEAST = 20; // times in a run
/** What is worked, at least: many large codes take longer to show than to move. */
const SHARE_OF_WORK = 1 / 3;

/** A descent on its way, until it has taken all its steps or is stopped. */
export class Run {
  private descent: Descent | undefined;
  private stopped = false;
  private dropped = false;

  constructor(private readonly network: Network) {}

  /** Whether all steps were taken. */
  get atEnd(): boolean {
    return this.descent?.atEnd ?? false;
  }

  /**
   * Take the steps.
   *
   * @param show is given where the codes are, now and then and at the end, and their pictures
   * @returns the course; nothing where something else took its place
   */
  async go(
    descent: Promise<Descent>,
    show: (targets: readonly Vector[], moment: Moment, images: Vector[]) => void,
  ): Promise<Moment[] | undefined> {
    this.descent = await descent;
    if (this.stopped) this.descent.stop();
    for await (const moment of inSlices(this.descent)) {
      const images = await this.picturesOf(moment.codes);
      if (this.dropped) return undefined;
      show(this.descent.targets, moment, images);
    }
    return this.descent.course();
  }

  /** End where it is. */
  stop(): void {
    this.stopped = true;
    this.descent?.stop();
  }

  /** End without a word: something else took its place. */
  drop(): void {
    this.dropped = true;
  }

  private async picturesOf(codes: Vector[]): Promise<Vector[]> {
    const images: Vector[] = [];
    let end = performance.now() + SLICE_MS;
    for (const code of codes) {
      const image = this.network.invert(code);
      images.push(image instanceof Promise ? await image : image);
      if (performance.now() < end) continue;
      await turn();
      end = performance.now() + SLICE_MS;
    }
    await turn();
    return images;
  }
}

/** Take the steps; give where the codes are at the start, now and then, and at the end. */
export async function* inSlices(descent: Descent): AsyncGenerator<Moment, void> {
  const share = Math.ceil(descent.steps / SHOWN_AT_LEAST);
  while (true) {
    const shown = performance.now();
    yield descent.moment();
    if (descent.atEnd) return;
    const until = descent.step + share;
    let worked = 0;
    const isDue = () => {
      const apart = performance.now() - shown;
      return apart >= SHOWN_EVERY_MS && worked >= SHARE_OF_WORK * apart;
    };
    do {
      const began = performance.now();
      await descent.advance(SLICE_MS, until);
      worked += performance.now() - began;
      await turn();
    } while (descent.step < until && !descent.atEnd && !isDue());
  }
}

/** Let the page have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
