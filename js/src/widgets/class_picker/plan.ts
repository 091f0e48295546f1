// What a run is to do, as the settings say; the twin of Python's plan.py.

import { floats } from "../../bytes";
import type { Vector } from "../../engine/matrices";
import { digitCount, digitOf, type Model } from "./model";
import type { PriorKind } from "./priors";
import type { Start } from "./starts";
import type { Choice } from "./targets";

export interface Plan {
  classes: Choice;
  prior: PriorKind;
  start: Start;
  samples: number;
  seed: number;
  /** How many images there are to start from, and the mean of their codes. */
  digits: number;
  meanCode: Vector;
  /** Which of them to start from. */
  digit: number;
  /** That image, 0 to 1, where there is one of that number. */
  image: Vector | undefined;
}

/** What a run is to do, as the settings stand. */
export function planOf(model: Model): Plan {
  return {
    classes: model.get("classes"),
    prior: model.get("prior"),
    start: model.get("start"),
    samples: model.get("samples"),
    seed: model.get("seed"),
    digits: digitCount(model),
    meanCode: floats(model.get("mean_code")),
    digit: model.get("digit"),
    image: digitOf(model),
  };
}
