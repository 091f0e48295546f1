import { describe, expect, test } from "vitest";
import { type Ink, normalize, shrink } from "../src/pixels/normalize";

const SHAPE = [28, 28] as const;

/** Ink of 280×280 cells, full inside a rectangle. */
function rectangle(left: number, top: number, width: number, height: number): Ink {
  const values = new Float32Array(280 * 280);
  for (let row = top; row < top + height; row++) {
    values.fill(1, row * 280 + left, row * 280 + left + width);
  }
  return { width: 280, height: 280, values };
}

const sum = (image: Float32Array) => image.reduce((total, value) => total + value, 0);

/** Rows and columns, from 0, that hold ink. */
function extent(image: Float32Array) {
  const inked = [...image.keys()].filter((pixel) => image[pixel]! > 1e-3);
  const rows = inked.map((pixel) => Math.floor(pixel / 28));
  const columns = inked.map((pixel) => pixel % 28);
  return {
    rows: [Math.min(...rows), Math.max(...rows)],
    columns: [Math.min(...columns), Math.max(...columns)],
  };
}

function centreOfMass(image: Float32Array): [number, number] {
  let [x, y] = [0, 0];
  image.forEach((value, pixel) => {
    x += value * (pixel % 28);
    y += value * Math.floor(pixel / 28);
  });
  return [x / sum(image), y / sum(image)];
}

describe("normalize", () => {
  test("fits a tall rectangle into 20 rows and keeps its aspect", () => {
    const image = normalize(rectangle(7, 3, 50, 100), SHAPE)!;
    expect(sum(image)).toBeCloseTo(20 * 10, 2);
  });

  test("puts the centre of mass on pixel 14", () => {
    // An L: its middle is not its centre of mass.
    const ink = rectangle(20, 20, 20, 200);
    rectangle(20, 200, 120, 20).values.forEach((value, i) => {
      ink.values[i] = Math.max(ink.values[i]!, value);
    });
    const [x, y] = centreOfMass(normalize(ink, SHAPE)!);
    expect(x).toBeCloseTo(14, 4);
    expect(y).toBeCloseTo(14, 4);
  });

  test("is the same wherever and however large it was drawn", () => {
    const small = normalize(rectangle(10, 10, 30, 60), SHAPE)!;
    const large = normalize(rectangle(130, 60, 100, 200), SHAPE)!;
    small.forEach((value, i) => {
      expect(value).toBeCloseTo(large[i]!, 4);
    });
  });

  test("keeps everything inside, even when the mass lies at one end", () => {
    const ink = rectangle(0, 0, 4, 200); // a faint tail …
    ink.values.forEach((value, i) => {
      ink.values[i] = 0.02 * value;
    });
    rectangle(0, 0, 100, 10).values.forEach((value, i) => {
      ink.values[i] = Math.max(ink.values[i]!, value); // … on a heavy head
    });
    const image = normalize(ink, SHAPE)!;
    expect(extent(image).rows[1]).toBe(27);
    expect(sum(image)).toBeCloseTo(sum(ink.values) / 100, 1);
  });

  test("has nothing to say of an empty drawing", () => {
    expect(normalize(rectangle(0, 0, 0, 0), SHAPE)).toBeNull();
  });

  test("serves other shapes", () => {
    const image = normalize(rectangle(10, 10, 30, 60), [14, 14])!;
    expect(image).toHaveLength(196);
    expect(sum(image)).toBeCloseTo(10 * 5, 2);
  });
});

describe("shrink", () => {
  test("averages each pixel's area where it lies", () => {
    const image = shrink(rectangle(15, 20, 20, 10), SHAPE);
    expect(extent(image)).toEqual({ rows: [2, 2], columns: [1, 3] });
    expect(image[2 * 28 + 1]).toBeCloseTo(0.5);
    expect(image[2 * 28 + 2]).toBeCloseTo(1);
  });
});
