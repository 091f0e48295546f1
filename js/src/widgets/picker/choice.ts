// Which classes are asked for: a toggle each, and the shares of a mixture.

import { h } from "../../dom";
import type { Choice } from "./plan";

/** Toggles for the classes; with "mix", one code is asked for instead of one a class. */
export class ClassChoice {
  readonly element: HTMLElement;
  private readonly buttons: HTMLButtonElement[];
  private readonly mix: HTMLInputElement;
  private readonly weights = h("div", { class: "iv-weights", role: "group" });
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
    const share = Math.min(Math.max(percent || 0, 1), 99) / 100;
    const rest = 1 - shares[k]!;
    const scaled = this.picked.map((each): [number, number] => [
      each,
      each === k ? share : (shares[each]! / rest) * (1 - share),
    ]);
    this.onChange(normalized(scaled));
  }

  /** A number for each share; they stay where they are while the same classes are mixed. */
  private showWeights(): void {
    const { choice, picked } = this;
    const mixture = Array.isArray(choice) ? undefined : choice;
    this.weights.hidden = !mixture;
    if (!mixture) return;
    const inputs = [...this.weights.querySelectorAll("input")];
    if (inputs.map((input) => input.dataset.class).join() !== picked.join()) {
      this.weights.replaceChildren(...picked.map((k) => this.weightOf(k)));
    }
    for (const input of this.weights.querySelectorAll("input")) {
      if (input.matches(":focus")) continue; // a run's frames come in between
      input.value = percentOf(mixture[input.dataset.class!]!);
    }
  }

  private weightOf(k: number): HTMLElement {
    const name = this.names[k]!;
    const input = h("input", {
      ...{ type: "number", class: "iv-number", min: 1, max: 99, step: 1 },
      ...{ "data-part": "weight", "data-class": k, "aria-label": `Share of ${name}, per cent` },
      onchange: () => {
        this.setWeight(k, input.valueAsNumber);
        input.value = percentOf((this.choice as Record<string, number>)[k]!);
      },
    });
    return h("label", { class: "iv-field" }, h("b", {}, name), input, "%");
  }
}

function percentOf(share: number): string {
  return String(Math.round(1000 * share) / 10);
}

function normalized(weights: [number, number][]): Record<string, number> {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Object.fromEntries(weights.map(([k, weight]) => [k, weight / total]));
}
