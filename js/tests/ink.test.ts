import { expect, test } from "vitest";
import { Drawing } from "../src/pixels/drawing";
import { Ink } from "../src/pixels/ink";

const sum = (values: ArrayLike<number>) =>
  Array.from(values).reduce((total, value) => total + value, 0);

function line(ink: Ink, from: number[], to: number[], width: number, erase = false) {
  const points = [from, to].map(([x, y]) => ({ x: x!, y: y!, width }));
  ink.stroke({ erase, points });
}

/** How many cells' worth of ink there is. */
const area = (ink: Ink) => sum(ink.values) / 255;

test.each([
  { name: "level", to: [70, 30] },
  { name: "upright", to: [30, 70] },
  { name: "slanted", to: [62.5, 47.3] },
  { name: "of no length", to: [30, 30] },
])("a line $name has round ends and the area of its width", ({ to }) => {
  const ink = new Ink(100, 100);
  line(ink, [30, 30], to, 14);
  const wanted = 14 * Math.hypot(to[0]! - 30, to[1]! - 30) + Math.PI * 7 ** 2;
  expect(area(ink) / wanted).toBeCloseTo(1, 2);
  line(ink, [30, 30], to, 14); // again: no ink is laid on ink
  expect(area(ink) / wanted).toBeCloseTo(1, 2);
});

test("a line is cut where the surface ends, and one outside leaves nothing", () => {
  const ink = new Ink(100, 60);
  line(ink, [50, 0], [50, 0], 20);
  expect(area(ink) / ((Math.PI * 10 ** 2) / 2)).toBeCloseTo(1, 2);
  ink.clear();
  line(ink, [-40, -40], [140, -40], 20);
  line(ink, [130, 0], [130, 100], 20, true);
  expect(area(ink)).toBe(0);
});

test("the eraser takes away what lies under it, and the sums follow", () => {
  const ink = new Ink(100, 60);
  line(ink, [10, 30], [90, 30], 12);
  line(ink, [50, 0], [50, 60], 20, true);
  const rows = Array.from({ length: 60 }, (_, row) =>
    ink.values.subarray(100 * row, 100 * row + 100),
  );
  expect(Array.from(ink.byRow)).toEqual(rows.map(sum));
  const columns = Array.from({ length: 100 }, (_, column) => sum(rows.map((row) => row[column]!)));
  expect(Array.from(ink.byColumn)).toEqual(columns);
  expect(columns[50]).toBe(0);
  expect(columns[30]).toBe(12 * 255);
  line(ink, [0, 30], [100, 30], 16, true);
  expect(area(ink)).toBe(0);
});

test("a stroke upon a picture leaves the rest of it, and undo takes it away", () => {
  const drawing = new Drawing([4, 5]);
  const picture = Float32Array.from({ length: 20 }, (_, pixel) => pixel / 20);
  drawing.show(picture);
  drawing.begin({ x: 0, y: 0.5, width: 1 }, false);
  drawing.extend([{ x: 5, y: 0.5, width: 1 }]);
  const image = drawing.image(true);
  for (let pixel = 0; pixel < 20; pixel++) {
    expect(image[pixel]).toBeCloseTo(pixel < 5 ? 1 : pixel / 20, pixel < 5 ? 1 : 2);
  }
  drawing.undo();
  expect(drawing.image(true)).toEqual(picture);
  drawing.redo();
  expect(drawing.image(true)).toEqual(image);
});
