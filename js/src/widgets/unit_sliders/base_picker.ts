// Choosing the code to start from: zero, a mean, a class's mean, an example's, or one from elsewhere.

import { floats } from "../../bytes";
import { h } from "../../dom";
import { same, type Vector } from "../../engine/matrices";
import { NumberField } from "../parts/number_field";
import type { Model } from "./session";

/** A select, and the number of the example where one is chosen. */
export class BasePicker {
  readonly element: HTMLElement;
  private readonly kinds = new Map<string, { name: string; code: Vector }>();
  private readonly examples: Vector[];
  private readonly select: HTMLSelectElement;
  private readonly elsewhere = h("option", { value: "elsewhere", hidden: true }, "Set elsewhere");
  private readonly number: NumberField;
  private readonly exampleControls: HTMLElement;
  private last = new Float32Array(0);
  private example = 0;

  /** @param choose called with the code that was chosen */
  constructor(
    model: Model,
    private readonly choose: (code: Vector) => void,
  ) {
    const size = floats(model.get("base")).length;
    const rows = (values: Vector) =>
      Array.from({ length: values.length / size }, (_, i) =>
        values.slice(i * size, (i + 1) * size),
      );
    this.examples = rows(floats(model.get("example_codes")));
    const zero = { name: "Zero code", code: new Float32Array(size) };
    if (model.get("examined")) {
      this.kinds.set("mean", { name: "Mean code", code: floats(model.get("mean_code")) });
      this.kinds.set("zero", zero);
      rows(floats(model.get("class_codes"))).forEach((code, i) => {
        const name = `Mean code of “${model.get("class_names")[i]}”`;
        if (!Number.isNaN(code[0])) this.kinds.set(`class-${i}`, { name, code });
      });
    } else this.kinds.set("zero", zero);
    const options = [...this.kinds].map(([value, { name }]) => h("option", { value }, name));
    const example = h("option", { value: "example" }, "Example");
    this.select = h(
      "select",
      { class: "iv-select", "data-part": "base-kind", onchange: () => this.pick() },
      ...options,
      ...(this.examples.length ? [example] : []),
      this.elsewhere,
    );
    const last = this.examples.length - 1;
    this.number = new NumberField(
      { "data-part": "base-example", "aria-label": `Number of the example, 0 to ${last}` },
      { min: 0, max: last, step: 1 },
      (number) => {
        // Also told when it is hidden, since Python set another kind of base.
        if (this.select.value === "example") this.pickExample(number);
      },
    );
    const another = h(
      "button",
      {
        ...{ type: "button", class: "iv-button iv-outlined", "data-part": "base-random" },
        onclick: () => this.pickExample(this.anyOther()),
      },
      "Another",
    );
    this.showExample(0);
    this.exampleControls = h("span", { class: "iv-field" }, this.number.input, another);
    this.element = h(
      "div",
      { class: "iv-toolbar iv-us-base-picker" },
      h("label", { class: "iv-field" }, "Start from", this.select),
      this.exampleControls,
    );
  }

  /** Say which base this is. */
  show(base: Vector): void {
    if (same(base, this.last)) return;
    this.last = base.slice();
    const kind = [...this.kinds].find(([, { code }]) => same(code, base))?.[0];
    const example = this.examples.findIndex((code) => same(code, base));
    if (example >= 0) this.showExample(example);
    else if (!kind) {
      this.kinds.set("elsewhere", { name: "", code: this.last });
      this.elsewhere.hidden = false;
    }
    this.select.value = kind ?? (example >= 0 ? "example" : "elsewhere");
    this.exampleControls.hidden = this.select.value !== "example";
  }

  private pick(): void {
    const kind = this.kinds.get(this.select.value);
    if (kind) this.choose(kind.code);
    else this.pickExample(this.example);
  }

  private pickExample(example: number): void {
    this.showExample(example);
    this.choose(this.examples[example]!);
  }

  private showExample(example: number): void {
    this.example = example;
    this.number.show(example);
  }

  private anyOther(): number {
    const count = this.examples.length;
    const step = 1 + Math.floor(Math.random() * (count - 1));
    return (this.example + step) % count;
  }
}
