import { expect, test, vi } from "vitest";
import { Drawing } from "../src/pixels/drawing";
import type { Stroke } from "../src/pixels/strokes";

const point = { x: 1, y: 1, width: 1 };

test.each([
  { name: "undone", change: (drawing: Drawing) => drawing.undo() },
  { name: "cleared", change: (drawing: Drawing) => drawing.clear() },
  {
    name: "replaced",
    change: (drawing: Drawing) => drawing.show(new Float32Array(30)),
  },
])("a drawing that is $name under the pen is not drawn on until it is put down again", (given) => {
  const drawing = new Drawing([5, 6]);
  const heard: (Stroke | undefined)[] = [];
  drawing.subscribe((stroke) => heard.push(stroke));
  drawing.begin(point, false);
  drawing.extend([point]);
  drawing.begin(point, false);
  const [before, , open] = heard;
  given.change(drawing);
  drawing.extend([point]);
  drawing.redo();
  drawing.extend([point]);
  expect([before, open].map((stroke) => stroke?.points.length)).toEqual([2, 1]);
  expect(heard.slice(3).every((stroke) => stroke === undefined)).toBe(true);
  drawing.begin(point, false);
  drawing.extend([point]);
  expect(heard.at(-1)?.points.length).toBe(2);
});

test("images that come fast, as from a linked drawing, are one step to undo", () => {
  vi.useFakeTimers();
  const drawing = new Drawing([5, 6]);
  const grey = (value: number) => new Float32Array(30).fill(value);
  const first = () => drawing.image(false)[0];
  drawing.show(grey(0.25));
  vi.advanceTimersByTime(1000);
  for (let i = 1; i <= 60; i++) {
    drawing.show(grey(0.25 + i / 80));
    vi.advanceTimersByTime(20);
  }
  expect(first()).toBe(1);
  drawing.undo();
  expect(first()).toBe(0.25);
  drawing.show(grey(0.5)); // after an undo it is a step of its own, however fast
  drawing.undo();
  expect(first()).toBe(0.25);
  drawing.undo();
  expect(drawing.isEmpty).toBe(true);
  vi.useRealTimers();
});
