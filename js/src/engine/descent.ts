// A latent optimization, recorded on its way; the twin of invertviz/descent.py.

import type { Network, Pull, Steps } from "./engine";
import type { Vector } from "./matrices";

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
  /** Of a prior, one a code. */
  pulls?: readonly Pull[] | undefined;
}

/** N codes on their way down, wherever they are. */
export class Descent {
  private constructor(
    readonly targets: readonly Vector[],
    private readonly on: Steps,
    private records: Moment[],
    /** Steps taken, and all to take. */
    public step: number,
    public steps: number,
    private readonly every: number,
  ) {
    if (records.at(-1)?.step !== step) records.push(this.moment());
  }

  /**
   * @param targets wanted probabilities, one row a code
   * @param start where to start; or the course so far, to go on from its last moment
   */
  static async begin(
    network: Network,
    targets: readonly Vector[],
    start: Vector[] | { course: readonly Moment[] },
    { learningRate, steps, pulls }: Settings,
  ): Promise<Descent> {
    let past = "course" in start ? [...start.course] : [];
    const last = past.at(-1);
    const codes = last ? last.codes : (start as Vector[]);
    const room = Math.floor(MOST_NUMBERS / (codes.length * network.codeSize));
    const most = Math.max(2, Math.min(MOST_RECORDS, room));
    while (past.length > most) past = past.filter((_, i) => i % 2 === 0);
    const on = await network.descend(targets, codes, learningRate, pulls);
    return new Descent(targets, on, past, last?.step ?? 0, steps, Math.ceil(steps / most));
  }

  /** Whether all steps were taken. */
  get atEnd(): boolean {
    return this.step >= this.steps;
  }

  /** Go on for so long, to that step at most, and for one step at least. */
  async advance(milliseconds: number, until: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.step < Math.min(until, this.steps)) {
      const step = this.on.step();
      if (step instanceof Promise) await step;
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
    const { step, on } = this;
    const copies = (rows: readonly Vector[]) => rows.map((row) => row.slice());
    return { step, codes: copies(on.codes), probabilities: copies(on.probabilities) };
  }

  /** What was recorded so far, and where the codes are now. */
  course(): Moment[] {
    const recorded = this.records.at(-1)?.step === this.step;
    return recorded ? [...this.records] : [...this.records, this.moment()];
  }
}
