import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { calmly } from "../src/widgets/parts/calm";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What was painted of one value a millisecond, at which times, and the element's state before each. */
function painted(values: number[]): [time: number, value: number, busy: string | null][] {
  const element = { ariaBusy: null } as HTMLElement;
  const found: [number, number, string | null][] = [];
  const start = performance.now();
  let value = 0;
  const show = calmly(element, () => {
    found.push([performance.now() - start, value, element.ariaBusy]);
  });
  for (const next of values) {
    value = next;
    show();
    const waits = found.at(-1)?.[1] !== value;
    expect(element.ariaBusy).toBe(waits ? "true" : null);
    vi.advanceTimersByTime(1);
  }
  vi.runAllTimers();
  expect(element.ariaBusy).toBe(null);
  return found;
}

test("paints what comes alone at once, and nothing twice", () => {
  expect(painted([1])).toEqual([[0, 1, null]]);
});

test("paints what comes fast every 50 ms, and the last of it for certain", () => {
  const values = Array.from({ length: 121 }, (_, i) => i);
  const times = [0, 50, 100, 150];
  const seen = [0, 49, 99, 120];
  expect(painted(values).map(([time, value]) => [time, value])).toEqual(
    times.map((time, i) => [time, seen[i]]),
  );
});
