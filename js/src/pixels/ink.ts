// What lies on a drawing surface, cell by cell. It is worked out here: some browsers hand out the
// pixels of a canvas altered, so that nobody is known by them, and reading them back takes time.

import type { Point, Stroke } from "./strokes";

type Line = [x0: number, y0: number, x1: number, y1: number];

/** Ink, and its sums along both axes: they tell where it lies without a walk over all cells. */
export class Ink {
  /** 0, none, to 255, row by row. */
  readonly values: Uint8Array;
  readonly byRow: Float64Array;
  readonly byColumn: Float64Array;

  constructor(
    readonly width: number,
    readonly height: number,
    /** Cells along a pixel of the network's input, in which strokes are given. */
    private readonly resolution = 1,
  ) {
    this.values = new Uint8Array(width * height);
    this.byRow = new Float64Array(height);
    this.byColumn = new Float64Array(width);
  }

  clear(): void {
    for (const values of [this.values, this.byRow, this.byColumn]) values.fill(0);
  }

  /** Fill a rectangle of cells. */
  fill(left: number, top: number, width: number, height: number, value: number): void {
    for (let row = top; row < top + height; row++) {
      for (let column = left; column < left + width; column++) this.put(row, column, value);
    }
  }

  /** Draw a stroke's points from the index `from` on, or take ink away along them. */
  stroke({ erase, points }: Stroke, from = 0): void {
    for (let index = from; index < points.length; index++) {
      this.line(points[index - 1] ?? points[index]!, points[index]!, erase);
    }
  }

  /** A line with round ends, smoothed at its edge. */
  private line(from: Point, to: Point, erase: boolean): void {
    const [x0, y0, x1, y1] = [from.x, from.y, to.x, to.y].map(this.inCells) as Line;
    const reach = this.inCells(from.width + to.width) / 4 + 0.5;
    const [left, right] = cells(Math.min(x0, x1) - reach, Math.max(x0, x1) + reach, this.width);
    const [top, bottom] = cells(Math.min(y0, y1) - reach, Math.max(y0, y1) + reach, this.height);
    const [dx, dy] = [x1 - x0, y1 - y0];
    const squared = dx * dx + dy * dy;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
        const along = squared && Math.min(Math.max((x * dx + y * dy) / squared, 0), 1);
        const distance = Math.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2);
        const covered = Math.round(255 * Math.min(Math.max(reach - distance, 0), 1));
        const value = this.values[row * this.width + column]!;
        this.put(row, column, erase ? Math.min(value, 255 - covered) : Math.max(value, covered));
      }
    }
  }

  private readonly inCells = (length: number) => length * this.resolution;

  private put(row: number, column: number, value: number): void {
    const cell = row * this.width + column;
    const more = value - this.values[cell]!;
    if (more === 0) return;
    this.values[cell] = value;
    this.byRow[row]! += more;
    this.byColumn[column]! += more;
  }
}

/** The first cell of a stretch of an axis and the one after its last, of those that are there. */
function cells(from: number, to: number, size: number): [first: number, end: number] {
  return [Math.max(Math.floor(from), 0), Math.min(Math.ceil(to), size)];
}
