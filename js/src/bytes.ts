// Pixels, codes and weights travel as the bytes of float32 numbers.

/** The float32 numbers of some bytes: a view of them where they lie on a boundary, else a copy. */
export function floats(value: ArrayBufferView | undefined): Float32Array<ArrayBuffer> {
  if (!value?.byteLength) return new Float32Array(0);
  const { buffer, byteOffset, byteLength } = value;
  return byteOffset % 4 === 0 && buffer instanceof ArrayBuffer
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
}

/** The bytes of float32 numbers, in a buffer of their own: of a view, the whole buffer travels. */
export function bytes(values: Float32Array<ArrayBuffer>): DataView {
  const whole = values.byteLength === values.buffer.byteLength;
  return new DataView(whole ? values.buffer : values.slice().buffer);
}
