// Reading safetensors: eight bytes of length, a JSON header, then the numbers.
// Format: https://github.com/huggingface/safetensors

import { floats } from "../bytes";

export interface Tensor {
  shape: readonly number[];
  values: Float32Array<ArrayBuffer>;
}

export interface Tensors {
  metadata: Record<string, string>;
  tensors: Map<string, Tensor>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [start: number, end: number];
}

/** Read the float32 tensors of a file; they are views of its bytes wherever these are aligned. */
export function readSafetensors({ buffer, byteOffset, byteLength }: ArrayBufferView): Tensors {
  const view = new DataView(buffer, byteOffset, byteLength);
  const length = Number(view.getBigUint64(0, true));
  const text = new TextDecoder().decode(new Uint8Array(buffer, byteOffset + 8, length));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(text);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    if (entry.dtype !== "F32") throw new Error(`tensor ${name} is ${entry.dtype}, not F32`);
    const [start, end] = entry.data_offsets;
    const data = new DataView(buffer, byteOffset + 8 + length + start, end - start);
    tensors.set(name, { shape: entry.shape, values: floats(data) });
  }
  return { metadata, tensors };
}
