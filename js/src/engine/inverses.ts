// Ways back from a code to an image: the twin of invertviz/inverses.py.

import type { Activation } from "./activations";
import { affine, subtract, type Vector } from "./matrices";
import type { Tensor } from "./safetensors";

/** Code → pixels. */
export type Inverse = (code: Vector) => Vector;

/** What an inverse is made of. */
export interface Parts {
  activation: Activation;
  /** Of the encoder, from the code to the pixels: [b2, b1]. */
  biases: readonly Vector[];
  /** A tensor of the checkpoint by its name, such as "inverse1"; throws where there is none. */
  tensor(name: string): Tensor;
}

/** One learned matrix for each layer of the encoder: x̂ = (backward(… (z − b2) W2inv …) − b1) W1inv. */
function learned({ activation, biases, tensor }: Parts): Inverse {
  const matrices = biases.map((_, i) => tensor(`inverse${i + 1}`));
  return (code) =>
    matrices.reduce((estimate, matrix, i) => {
      const preActivation = i === 0 ? estimate : activation.backward(estimate);
      return affine(subtract(preActivation, biases[i]!), matrix);
    }, code);
}

const KINDS: Record<string, (parts: Parts) => Inverse> = { learned };

/** The inverse of that kind; throws where the engine knows none. */
export function inverseOf(kind: string, parts: Parts): Inverse {
  const make = KINDS[kind];
  if (!make) throw new Error(`the browser engine knows no inverse of kind “${kind}”`);
  return make(parts);
}
