// How often a run in the page shows where it is: by a clock that only the work and the showing move.

import { expect, test, vi } from "vitest";
import type { Descent } from "../src/engine/descent";
import { inSlices } from "../src/widgets/class_picker/run";

test.each([
  { what: "little to show", showingMs: 0, apart: 9 }, // steps of 6 ms in 50 ms
  { what: "much to show", showingMs: 300, apart: 25 }, // a third of the time, and no less
])("with $what, moments are $apart steps apart", async ({ showingMs, apart }) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const steps = 1000;
  const descent = {
    steps,
    step: 0,
    get atEnd() {
      return this.step >= steps;
    },
    async advance() {
      this.step += 1;
      vi.advanceTimersByTime(6);
    },
    moment() {
      return { step: this.step };
    },
  };
  const shown: number[] = [];
  for await (const { step } of inSlices(descent as unknown as Descent)) {
    shown.push(step);
    vi.advanceTimersByTime(showingMs);
  }
  vi.useRealTimers();
  expect(shown.slice(0, 3)).toEqual([0, apart, 2 * apart]);
  expect(shown.at(-1)).toBe(steps);
});
