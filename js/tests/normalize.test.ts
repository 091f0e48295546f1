import { describe, expect, test } from "vitest";
import { Ink } from "../src/pixels/ink";
import { normalize, shrink } from "../src/pixels/normalize";

const SHAPE = [28, 28] as const;

/** Fill a rectangle of the ink. */
function fill(ink: Ink, left: number, top: number, width: number, height: number, value = 255) {
  ink.fill(left, top, width, height, value);
  return ink;
}

/** Ink of 280×280 cells, full inside a rectangle. */
function rectangle(left: number, top: number, width: number, height: number): Ink {
  return fill(new Ink(280, 280), left, top, width, height);
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
    const ink = fill(rectangle(20, 20, 20, 200), 20, 200, 120, 20);
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
    // A faint tail on a heavy head.
    const ink = fill(fill(new Ink(280, 280), 0, 0, 4, 200, 5), 0, 0, 100, 10);
    const image = normalize(ink, SHAPE)!;
    expect(extent(image).rows[1]).toBe(27);
    expect(sum(image)).toBeCloseTo((100 * 10 + (4 * 190 * 5) / 255) / 100, 1);
  });

  test("sees what was put last, ink taken away included", () => {
    const ink = fill(rectangle(7, 3, 90, 200), 0, 0, 280, 280, 0);
    fill(ink, 20, 30, 50, 100);
    expect(normalize(ink, SHAPE)).toEqual(normalize(rectangle(20, 30, 50, 100), SHAPE));
    fill(ink, 20, 30, 50, 100, 0);
    expect(normalize(ink, SHAPE)).toBeNull();
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
  test("leaves an empty drawing blank", () => {
    expect(shrink(new Ink(280, 280), SHAPE)).toEqual(new Float32Array(784));
  });

  test("averages each pixel's area where it lies", () => {
    const image = shrink(rectangle(15, 20, 20, 10), SHAPE);
    expect(extent(image)).toEqual({ rows: [2, 2], columns: [1, 3] });
    expect(image[2 * 28 + 1]).toBeCloseTo(0.5);
    expect(image[2 * 28 + 2]).toBeCloseTo(1);
  });
});
