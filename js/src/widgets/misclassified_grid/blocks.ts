// Rows of samples from the bytes that travel; the twin of Python's blocks.py.

/** One row: a sample, and what the network makes of it. */
export interface Sample {
  index: number;
  label: number;
  predicted: number;
  confidence: number;
  loss: number;
  margin: number;
  /** Grey levels, row by row. */
  pixels: Uint8Array;
  /** Grey levels too; there where the kernel sent them. */
  reconstruction: Uint8Array | undefined;
}

const HEAD = 5;

/** A buffer of rows, read where it lies. */
export class Block {
  /** Of the order that the rows stand in. */
  readonly version: number;
  /** Where in that order the first row stands. */
  readonly start: number;
  /** Of the whole order. */
  readonly length: number;
  /** How many rows are here. */
  readonly rows: number;
  readonly indices: Int32Array;
  readonly confidences: Float32Array;
  readonly losses: Float32Array;
  readonly margins: Float32Array;
  readonly labels: Uint16Array;
  readonly predicted: Uint16Array;
  private readonly pictures: Uint8Array;
  private readonly perRow: number;

  /**
   * @param data the bytes; none are a block without rows
   * @param pixels of one picture
   */
  constructor(
    data: ArrayBufferView | undefined,
    private readonly pixels: number,
  ) {
    const whole = aligned(data);
    const head = new Int32Array(whole.buffer, whole.byteOffset, HEAD);
    const [version, start, length, n, perRow] = head as unknown as [
      ...[number, number, number, number, number],
    ];
    this.version = version;
    this.start = start;
    this.length = length;
    this.rows = n;
    this.perRow = perRow;
    let at = whole.byteOffset + 4 * HEAD;
    const take = (size: number) => {
      at += size * n;
      return at - size * n;
    };
    const { buffer } = whole;
    this.indices = new Int32Array(buffer, take(4), n);
    this.confidences = new Float32Array(buffer, take(4), n);
    this.losses = new Float32Array(buffer, take(4), n);
    this.margins = new Float32Array(buffer, take(4), n);
    this.labels = new Uint16Array(buffer, take(2), n);
    this.predicted = new Uint16Array(buffer, take(2), n);
    this.pictures = new Uint8Array(buffer, at, n * perRow * pixels);
  }

  sample(row: number): Sample {
    return {
      index: this.indices[row]!,
      label: this.labels[row]!,
      predicted: this.predicted[row]!,
      confidence: this.confidences[row]!,
      loss: this.losses[row]!,
      margin: this.margins[row]!,
      pixels: this.picture(row),
      reconstruction: this.perRow > 1 ? this.picture(this.rows + row) : undefined,
    };
  }

  private picture(number: number): Uint8Array {
    return this.pictures.subarray(number * this.pixels, (number + 1) * this.pixels);
  }
}

/** The bytes, moved where numbers of four bytes may lie. */
function aligned(data: ArrayBufferView | undefined): Uint8Array<ArrayBuffer> {
  if (!data?.byteLength) return new Uint8Array(4 * HEAD);
  const { buffer, byteOffset, byteLength } = data;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  return byteOffset % 4 === 0 && buffer instanceof ArrayBuffer ? bytes : bytes.slice();
}
