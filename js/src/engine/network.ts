// The network in the browser: encode, classify, invert, reconstruct; the twin of invertviz/network.py.

import { type Activation, activationNamed } from "./activations";
import { type Inverse, inverseOf } from "./inverses";
import { affine, softmax, type Vector } from "./matrices";
import { readSafetensors, type Tensor } from "./safetensors";

export interface Reconstruction {
  image: Vector;
  code: Vector;
  probabilities: Vector;
}

interface Layer {
  W: Tensor;
  b: Vector;
}

/** A classifier with a way back, one sample at a time; images and codes are rows of numbers. */
export class Network {
  readonly invert: Inverse;
  readonly activation: Activation;
  /** From the code to the logits. */
  readonly output: Layer;
  private readonly encoder: readonly Layer[];

  /**
   * @param file a checkpoint, as invertviz.checkpoints writes it
   * @throws Error where the engine cannot do what the network needs
   */
  constructor(file: ArrayBufferView) {
    const { metadata, tensors } = readSafetensors(file);
    const description = JSON.parse(metadata.invertviz ?? "{}");
    const tensor = (name: string) => {
      const found = tensors.get(name);
      if (!found) throw new Error(`the weights on this page lack the tensor ${name}`);
      return found;
    };
    const sizes: number[] = description.layer_sizes;
    const layers = sizes.slice(1).map((_, i) => ({
      W: tensor(`W${i + 1}`),
      b: tensor(`b${i + 1}`).values,
    }));
    this.activation = activationNamed(description.activation);
    this.encoder = layers.slice(0, -1);
    this.output = layers.at(-1)!;
    const biases = this.encoder.map(({ b }) => b).reverse();
    this.invert = inverseOf(description.inverse, {
      activation: this.activation,
      biases,
      settings: description.inverse_settings ?? {},
      tensor,
    });
  }

  /** Number of units of a code. */
  get codeSize(): number {
    return this.output.W.shape[0]!;
  }

  /** Image → code: the pre-activations of the last hidden layer. */
  encode(image: Vector): Vector {
    const { forward } = this.activation;
    return this.encoder.reduce(
      (x, { W, b }, i) => affine(i === 0 ? x : x.map(forward), W, b),
      image,
    );
  }

  /** Code → class probabilities. */
  classify(code: Vector): Vector {
    return softmax(affine(code.map(this.activation.forward), this.output.W, this.output.b));
  }

  /** Image → code → image, with what the network says of the original. */
  reconstruct(image: Vector): Reconstruction {
    const code = this.encode(image);
    return { image: this.invert(code), code, probabilities: this.classify(code) };
  }
}
