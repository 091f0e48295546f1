// What the network says of a code, and of its picture: in a sentence each, and in bars.

import { h, setText } from "../../dom";
import type { Vector } from "../../engine/matrices";
import { largest } from "../../engine/matrices";
import { caption } from "../parts/pictures";
import { Probabilities, percent } from "../parts/probabilities";
import { wantedClasses } from "./targets";

/** Both answers, side by side. */
export class Verdict {
  readonly element: HTMLElement;
  private readonly code: Side;
  private readonly picture: Side;

  constructor(private readonly names: readonly string[]) {
    this.code = new Side(names, "probability", "Asked about the code");
    this.picture = new Side(names, "fed-back", "Shown the picture");
    this.element = h("div", { class: "iv-verdicts" }, this.code.element, this.picture.element);
  }

  /** @param target what was asked for; nothing while nothing was run */
  show(target: Vector | undefined, ofCode: Vector, ofPicture: Vector): void {
    this.code.show(target, ofCode, this.names);
    this.picture.show(target, ofPicture, this.names);
  }
}

class Side {
  readonly element: HTMLElement;
  private readonly bars: Probabilities;
  private readonly sentence: HTMLElement;

  constructor(names: readonly string[], part: string, title: string) {
    this.bars = new Probabilities(names, part, title);
    this.sentence = h("p", { class: "iv-sentence", "data-part": `${part}-sentence` });
    this.element = h(
      "figure",
      { class: "iv-verdict-side" },
      caption(title),
      this.sentence,
      this.bars.element,
    );
  }

  show(target: Vector | undefined, probabilities: Vector, names: readonly string[]): void {
    const first = probabilities.length ? largest(probabilities) : -1;
    this.bars.show(probabilities, first);
    setText(this.sentence, target && first >= 0 ? sentence(target, probabilities, names) : "–");
  }
}

/** What the network says, measured by what was asked for. */
export function sentence(target: Vector, probabilities: Vector, names: readonly string[]): string {
  const wanted = wantedClasses(target);
  const first = largest(probabilities);
  if (wanted.length > 1) {
    return wanted.map((k) => `${percent(probabilities[k]!)} “${names[k]}”`).join(" and ");
  }
  const sure = percent(probabilities[first]!);
  return first === wanted[0]
    ? `${sure} sure it is a “${names[first]}”`
    : `it says “${names[first]}” (${sure}), not “${names[wanted[0]!]}”`;
}
