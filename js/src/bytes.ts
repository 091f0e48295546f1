// Pixels, codes and weights travel as the bytes of float32 numbers, indices as those of int32.

/** The float32 numbers of some bytes: a view of them where they lie on a boundary, else a copy. */
export function floats(value: ArrayBufferView | undefined): Float32Array<ArrayBuffer> {
  if (!value?.byteLength) return new Float32Array(0);
  const { buffer, byteOffset, byteLength } = value;
  return byteOffset % 4 === 0 && buffer instanceof ArrayBuffer
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
}

/** The int32 numbers of some bytes, a copy. */
export function integers(value: ArrayBufferView | undefined): Int32Array<ArrayBuffer> {
  if (!value?.byteLength) return new Int32Array(0);
  const { buffer, byteOffset, byteLength } = value;
  return new Int32Array((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength));
}

/** The bytes of numbers, in a buffer of their own: of a view, the whole buffer travels. */
export function bytes(values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): DataView {
  const whole = values.byteLength === values.buffer.byteLength;
  return new DataView(whole ? values.buffer : values.slice().buffer);
}
