// What lies on a drawing surface: the alpha channel of its canvas, cell by cell.

/** Ink, and its sums along both axes: they tell where it lies without a walk over all cells. */
export class Ink {
  /** 0, none, to 255, row by row. */
  readonly values: Uint8Array;
  readonly byRow: Float64Array;
  readonly byColumn: Float64Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.values = new Uint8Array(width * height);
    this.byRow = new Float64Array(height);
    this.byColumn = new Float64Array(width);
  }

  /** Take the cells of a rectangle from its picture. */
  put({ data, width, height }: Omit<ImageData, "colorSpace">, left: number, top: number): void {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const cell = (top + row) * this.width + left + column;
        const value = data[4 * (row * width + column) + 3]!;
        const more = value - this.values[cell]!;
        if (more === 0) continue;
        this.values[cell] = value;
        this.byRow[top + row]! += more;
        this.byColumn[left + column]! += more;
      }
    }
  }
}
