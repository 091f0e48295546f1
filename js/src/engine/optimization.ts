// A latent optimization that goes on in slices; the twin of widgets/class_picker/descent.py.

import { descend } from "./descent";
import type { Vector } from "./matrices";
import type { Network } from "./network";

const MOST_RECORDS = 200;
const MOST_NUMBERS = 1_000_000; // of a trajectory: 4 MB

/** Where N codes were after some step, and what the network said of them. */
export interface Moment {
  step: number;
  codes: Vector[];
  probabilities: Vector[];
}

export interface Settings {
  learningRate: number;
  /** Where to end. */
  steps: number;
}

/** N codes on their way down, wherever they are. */
export class Optimization {
  step: number;
  private steps: number;
  private readonly every: number;
  private readonly descents: ReturnType<typeof descend>[];
  private readonly now: { code: Vector; probabilities: Vector }[];
  private records: Moment[] = [];

  /**
   * @param targets wanted probabilities, one row a code
   * @param start where to start; or the course so far, to go on from its last moment
   */
  constructor(
    network: Network,
    readonly targets: readonly Vector[],
    start: Vector[] | { course: readonly Moment[] },
    { learningRate, steps }: Settings,
  ) {
    const past = "course" in start ? start.course : [];
    const last = past.at(-1);
    const codes = last ? last.codes : (start as Vector[]);
    const most = Math.min(
      MOST_RECORDS,
      Math.floor(MOST_NUMBERS / (codes.length * network.codeSize)),
    );
    this.steps = steps;
    this.step = last?.step ?? 0;
    this.every = Math.ceil(steps / Math.max(2, most));
    this.records = [...past];
    while (this.records.length > Math.max(2, most)) {
      this.records = this.records.filter((_, i) => i % 2 === 0);
    }
    this.descents = codes.map((code, i) => descend(network, targets[i]!, code, learningRate));
    this.now = this.descents.map((descent) => descent.next().value);
    if (this.records.at(-1)?.step !== this.step) this.records.push(this.moment());
  }

  /** Whether all steps were taken. */
  get atEnd(): boolean {
    return this.step >= this.steps;
  }

  /** Go on for so long, to that step at most, and for one step at least. */
  advance(milliseconds: number, until: number): void {
    const end = performance.now() + milliseconds;
    const last = Math.min(until, this.steps);
    while (this.step < last) {
      for (const descent of this.descents) descent.next(); // `now` is what they overwrite
      this.step += 1;
      if (this.step % this.every === 0) this.records.push(this.moment());
      if (performance.now() >= end) break;
    }
  }

  /** End where they are. */
  stop(): void {
    this.steps = this.step;
  }

  /** Where the codes are. */
  moment(): Moment {
    return {
      step: this.step,
      codes: this.now.map(({ code }) => code.slice()),
      probabilities: this.now.map(({ probabilities }) => probabilities.slice()),
    };
  }

  /** What was recorded so far, and where the codes are now. */
  course(): Moment[] {
    const recorded = this.records.at(-1)?.step === this.step;
    return recorded ? [...this.records] : [...this.records, this.moment()];
  }
}
