// What a class picker's traits hold; the twin of the traits in Python's widget.py.

import type { AnyModel } from "@anywidget/types";
import type { Vector } from "../../engine/matrices";
import type { WidgetTraits } from "../../link";
import type { Shaped } from "../../shaped";
import type { PackedPriors, PriorKind } from "./priors";
import type { Start } from "./starts";
import type { Choice } from "./targets";

export interface Traits extends WidgetTraits {
  classes: Choice;
  prior: PriorKind;
  steps: number;
  learning_rate: number;
  start: Start;
  digit: number;
  samples: number;
  seed: number;
  chosen: number;
  position: number;
  running: boolean;
  step: number;
  codes: Shaped;
  probabilities: Shaped;
  images: Shaped;
  trajectory: Shaped;
  recorded: number[];
  curves: Shaped;
  targets: Shaped;
  code: DataView;
  image: Shaped;
  code_probabilities: DataView;
  picture_probabilities: DataView;
  _digits: DataView;
  mean_code: DataView;
  _fitted_priors: PackedPriors;
  _most_codes: number;
  _chart: string;
  /** What the page wants, under a number of its own. */
  _command: [number: number, action: string];
}

export type Model = AnyModel<Traits>;

/** The image whose code may be started from, 0 to 1, where there is one. */
export function digitOf(model: Model): Vector | undefined {
  const [rows, columns] = model.get("image_shape");
  const pixels = rows * columns;
  const { buffer, byteOffset, byteLength } = model.get("_digits");
  const start = pixels * model.get("digit");
  if (start + pixels > byteLength) return undefined;
  const levels = new Uint8Array(buffer, byteOffset + start, pixels);
  return Float32Array.from(levels, (level) => level / 255);
}

/** How many images are offered to start from. */
export function digitCount(model: Model): number {
  const [rows, columns] = model.get("image_shape");
  return model.get("_digits").byteLength / (rows * columns);
}
