// How a run is made: steps, rate, starting point, samples; each within its bounds.

import { h, setText } from "../../dom";
import { paintGrey } from "../../pixels/paint";
import type { Status } from "../../status";
import { type Bounds, NumberField } from "../parts/number_field";
import { digitCount, digitOf, type Model, type Traits } from "./model";

type Numbers = "steps" | "learning_rate" | "samples" | "seed" | "digit";

const STARTS: Record<Traits["start"], string> = {
  zeros: "zeros (the article’s)",
  mean: "mean code of digits",
  digit: "a digit’s code",
  random: "random",
};
const PRIORS: Record<Traits["prior"], string> = {
  none: "none (the article’s)",
  gaussian: "like real codes",
  class: "like the class’s codes",
  diverse: "each like another one",
};
const NOISE_HINT =
  "From one starting point every sample would be the same: all but the first start with noise added.";

/** The settings' controls. */
export class Settings {
  readonly element: HTMLElement;
  private readonly refreshers: (() => void)[] = [];

  constructor(
    private readonly model: Model,
    status: Status,
  ) {
    const digits = digitCount(model);
    const prior = h("select", {
      ...{ class: "iv-select", "data-part": "prior" },
      title: "Keep codes where those of real images are",
      onchange: () => this.save("prior", prior.value as Traits["prior"]),
    });
    const kinds = Object.entries(PRIORS).map(([value, text]) => h("option", { value }, text));
    prior.append(...kinds);
    const start = h("select", {
      ...{ class: "iv-select", "data-part": "start" },
      onchange: () => this.save("start", start.value as Traits["start"]),
    });
    for (const [value, text] of Object.entries(STARTS)) {
      const disabled = !digits && (value === "mean" || value === "digit");
      start.append(h("option", { value, disabled }, text));
    }
    const picture = h("canvas", {
      ...{ class: "iv-picture iv-digit", "data-part": "digit-picture", role: "img" },
      "aria-label": "The digit whose code is started from",
    });
    const digit = this.number("digit", "digit", "Digit", { min: 0, max: digits - 1, step: 1 });
    digit.append(picture);
    const seed = this.number("seed", "seed", "Seed", { min: 0, max: 2 ** 32 - 1, step: 1 });
    const from = field("Start from", start);
    const hint = h("p", { class: "iv-hint", "data-part": "hint" });
    this.element = h(
      "div",
      { class: "iv-settings" },
      field("Prior", prior),
      from,
      digit,
      this.number("steps", "steps", "Steps", { min: 1, max: 20_000, step: 1 }),
      this.number("learning_rate", "rate", "Learning rate", { min: 0.001, max: 100, step: "any" }),
      this.number("samples", "samples", "Samples a class", { min: 1, max: 16, step: 1 }),
      seed,
      hint,
    );
    this.refreshers.push(() => {
      const kind = model.get("prior");
      const point = kind === "none" ? model.get("start") : kind; // or where the prior says
      const many = model.get("samples") > 1;
      const apart = point === "random" || point === "diverse"; // each by itself
      for (const option of kinds) {
        const { value } = option;
        const fitted = value === "none" || value in model.get("_fitted_priors");
        option.disabled = !fitted && !(digits && status.hasKernel);
      }
      prior.value = kind;
      start.value = model.get("start");
      from.hidden = kind !== "none";
      digit.hidden = point !== "digit";
      seed.hidden = !apart && !many;
      setText(hint, many && !apart ? NOISE_HINT : "");
      const image = digitOf(model);
      if (image) paintGrey(picture, image, model.get("image_shape"));
    });
  }

  show(): void {
    for (const refresh of this.refreshers) refresh();
  }

  private number(name: Numbers, part: string, text: string, bounds: Bounds): HTMLElement {
    const title = `${bounds.min} to ${bounds.max.toLocaleString("en")}`;
    const number = new NumberField({ "data-part": part, title }, bounds, (value) =>
      this.save(name, value),
    );
    this.refreshers.push(() => number.show(this.model.get(name)));
    return field(text, number.input);
  }

  private save<K extends Numbers | "start" | "prior">(name: K, value: Traits[K]): void {
    this.model.set(name, value);
    this.model.save_changes();
  }
}

function field(text: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "iv-field iv-setting" }, h("span", {}, text), control);
}
