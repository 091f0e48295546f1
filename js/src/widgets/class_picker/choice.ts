// Which classes are asked for: a toggle each, and the shares of a mixture.

import { h } from "../../dom";
import { NumberField } from "../parts/number_field";
import type { Choice } from "./targets";

/** Toggles for the classes; with "mix", one code is asked for instead of one a class. */
export class ClassChoice {
  readonly element: HTMLElement;
  private readonly buttons: HTMLButtonElement[];
  private readonly mix: HTMLInputElement;
  private readonly weights = h("div", { class: "iv-weights", role: "group" });
  private shares = new Map<number, NumberField>();
  private choice: Choice = [];
  private mixing = false;

  constructor(
    private readonly names: readonly string[],
    private readonly onChange: (choice: Choice) => void,
  ) {
    const longest = Math.max(...names.map((name) => name.length)); // the toggles are as wide
    this.buttons = names.map((name, k) =>
      h(
        "button",
        {
          ...{ type: "button", class: "iv-button iv-outlined iv-class", title: `Class ${name}` },
          ...{ "data-part": "class", "data-class": k, "aria-pressed": "false" },
          onclick: () => this.toggle(k),
        },
        name,
      ),
    );
    this.mix = h("input", {
      ...{ type: "checkbox", "data-part": "mix" },
      onchange: () => this.setMixing(this.mix.checked),
    });
    this.weights.setAttribute("aria-label", "Shares of the mixture, in per cent");
    this.element = h(
      "div",
      { class: "iv-choice" },
      h(
        "div",
        {
          ...{ class: "iv-classes", role: "group", "aria-label": "Classes to ask for" },
          style: `--iv-longest: ${longest}`,
        },
        ...this.buttons,
      ),
      h(
        "label",
        { class: "iv-field iv-line", title: "One picture that is a bit of each" },
        this.mix,
        "Mix them into one picture",
      ),
      this.weights,
    );
  }

  show(choice: Choice): void {
    this.choice = choice;
    const picked = this.picked;
    if (!Array.isArray(choice)) this.mixing = true;
    else if (picked.length > 1) this.mixing = false;
    this.buttons.forEach((button, k) => {
      button.setAttribute("aria-pressed", String(picked.includes(k)));
    });
    this.mix.checked = this.mixing;
    this.mix.disabled = picked.length < 2 && !this.mixing;
    this.showWeights();
  }

  private get picked(): number[] {
    return Array.isArray(this.choice) ? this.choice : Object.keys(this.choice).map(Number);
  }

  private toggle(k: number): void {
    const { picked, mixing } = this;
    const next = picked.includes(k) ? picked.filter((other) => other !== k) : [...picked, k];
    const shares = Array.isArray(this.choice) ? {} : this.choice;
    const mixed = mixing && next.length > 1;
    this.onChange(
      mixed ? normalized(next.map((each) => [each, shares[each] ?? 1 / picked.length])) : next,
    );
  }

  private setMixing(mixing: boolean): void {
    const { picked } = this;
    this.mixing = mixing;
    this.onChange(mixing ? normalized(picked.map((k) => [k, 1])) : picked);
  }

  /** One share as given; the others share the rest as they did. */
  private setWeight(k: number, percent: number): void {
    const shares = this.choice as Record<string, number>;
    const share = percent / 100;
    const rest = 1 - shares[k]!;
    const scaled = this.picked.map((each): [number, number] => [
      each,
      each === k ? share : (shares[each]! / rest) * (1 - share),
    ]);
    this.onChange(normalized(scaled));
  }

  /** A field for each share; they stay where they are while the same classes are mixed. */
  private showWeights(): void {
    const mixture = Array.isArray(this.choice) ? {} : this.choice;
    const mixed = Object.keys(mixture).map(Number);
    this.weights.hidden = mixed.length === 0;
    if ([...this.shares.keys()].join() !== mixed.join()) {
      this.shares = new Map(mixed.map((k) => [k, this.shareOf(k)]));
      this.weights.replaceChildren(...mixed.map((k) => this.labelled(k)));
    }
    for (const [k, field] of this.shares) field.show(Math.round(1000 * mixture[k]!) / 10);
  }

  private shareOf(k: number): NumberField {
    const name = `Share of ${this.names[k]}, per cent`;
    const field: NumberField = new NumberField(
      { "data-part": "weight", "data-class": k, "aria-label": name },
      { min: 1, max: 99, step: "any" },
      (percent) => {
        // Left, too, when it goes: Python mixes other classes now.
        if (this.shares.get(k) === field) this.setWeight(k, percent);
      },
    );
    return field;
  }

  private labelled(k: number): HTMLElement {
    const name = this.names[k]!;
    return h(
      "label",
      { class: "iv-field" },
      h("b", { title: name }, name),
      this.shares.get(k)!.input,
      "%",
    );
  }
}

function normalized(weights: [number, number][]): Record<string, number> {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Object.fromEntries(weights.map(([k, weight]) => [k, weight / total]));
}
