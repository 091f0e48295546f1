// Fully connected networks in a few lines of our own: the twin of invertviz/network.py.

import { type Activation, activationNamed } from "./activations";
import { denseSteps } from "./dense_descent";
import type { Network, Pull, Steps } from "./engine";
import { type Inverse, inverseOf } from "./inverses";
import { affine, softmax, type Vector } from "./matrices";
import { readSafetensors, type Tensor } from "./safetensors";
import { unitEffects } from "./survey";

/** A fully connected layer. */
export interface Layer {
  W: Tensor;
  b: Vector;
}

export class DenseNetwork implements Network {
  readonly invert: Inverse;
  readonly activation: Activation;
  /** From the code to the logits. */
  readonly output: Layer;
  private readonly encoder: readonly Layer[];

  /**
   * @param file a checkpoint, as invertviz.checkpoints writes it
   * @throws Error where this cannot do what the network needs
   */
  constructor(file: ArrayBufferView) {
    const { metadata, tensors } = readSafetensors(file);
    const description = JSON.parse(metadata.invertviz ?? "{}");
    const tensor = (name: string) => {
      const held = tensors.get(name);
      if (!held) throw new Error(`the weights on this page lack the tensor ${name}`);
      return held;
    };
    const sizes: number[] | undefined = description.layer_sizes;
    if (!sizes) throw new Error("networks that are not fully connected are left to the kernel");
    if (description.layer) {
      throw new Error(`codes of the layer “${description.layer}” are left to the kernel`);
    }
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
      encode: (image) => this.encode(image),
    });
  }

  get codeSize(): number {
    return this.output.W.shape[0]!;
  }

  /** The code: the pre-activations of the last hidden layer. */
  encode(image: Vector): Vector {
    const { forward } = this.activation;
    return this.encoder.reduce(
      (x, { W, b }, i) => affine(i === 0 ? x : x.map(forward), W, b),
      image,
    );
  }

  classify(code: Vector): Vector {
    return softmax(affine(code.map(this.activation.forward), this.output.W, this.output.b));
  }

  descend(
    targets: readonly Vector[],
    start: readonly Vector[],
    learningRate: number,
    pulls?: readonly Pull[],
  ): Steps {
    return denseSteps(this, targets, start, learningRate, pulls);
  }

  effects(code: Vector, target: number, ranges: Vector): Vector {
    return unitEffects(this, code, target, ranges);
  }
}
