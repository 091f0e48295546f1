// Ways back from a code to an image: the twin of invertviz/inverses/.

import { type Activation, activationNamed } from "./activations";
import { affine, subtract, type Vector } from "./matrices";
import type { Tensor } from "./safetensors";

/** Code → pixels. */
export type Inverse = (code: Vector) => Vector;

/** What an inverse is made of. */
export interface Parts {
  /** Of the network's hidden layers. */
  activation: Activation;
  /** Of the encoder, from the code to the pixels: [b2, b1]. */
  biases: readonly Vector[];
  /** What the checkpoint says of the inverse. */
  settings: { activation?: string; hidden?: number[]; output?: string; corrections?: number };
  /** A tensor of the checkpoint by its name, such as "inverse1"; throws where there is none. */
  tensor(name: string): Tensor;
  /** Pixels → code. */
  encode(image: Vector): Vector;
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

/** x̂ = z M + c. */
function ridge({ tensor }: Parts): Inverse {
  const [matrix, bias] = [tensor("inverse1"), tensor("inverse_b1").values];
  return (code) => affine(code, matrix, bias);
}

/**
 * A fully connected network that corrects itself, x̂ = σ(s) and s ← s + (z − f(x̂)) K. Older files name
 * no output, for pictures were not bounded, or no corrections.
 */
function decoder({ settings, tensor, encode }: Parts): Inverse {
  const { forward } = activationNamed(settings.activation ?? "");
  const output = activationNamed(settings.output ?? "identity");
  const layers = [...(settings.hidden ?? []), 0].map((_, i) => ({
    W: tensor(`inverse${i + 1}`),
    b: tensor(`inverse_b${i + 1}`).values,
  }));
  const gains = Array.from({ length: settings.corrections ?? 0 }, () => tensor("inverse_gain"));
  return (code) => {
    const first = layers.reduce(
      (h, { W, b }, i) => affine(i === 0 ? h : h.map(forward), W, b),
      code,
    );
    const corrected = (scores: Vector, gain: Tensor) =>
      affine(subtract(code, encode(scores.map(output.forward))), gain, scores);
    return gains.reduce(corrected, first).map(output.forward);
  };
}

const KINDS: Record<string, (parts: Parts) => Inverse> = { learned, ridge, decoder };

const LEFT_TO_THE_KERNEL: Record<string, string> = {
  gradient: "searching for an image by gradient descent is left to the kernel",
  pseudo: "the pseudo-inverse magnifies rounding too much to be worked out outside the kernel",
};

/** The inverse of that kind; throws where the engine has none. */
export function inverseOf(kind: string, parts: Parts): Inverse {
  const make = KINDS[kind];
  if (make) return make(parts);
  throw new Error(LEFT_TO_THE_KERNEL[kind] ?? `an inverse of the kind “${kind}” is unknown here`);
}
