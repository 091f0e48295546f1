// A field for a number that a person types and Python sets.

import { h } from "../../dom";

export interface Bounds {
  min: number;
  max: number;
  /** 1 for whole numbers. */
  step: number | "any";
}

/**
 * Shows the newest number, the focus notwithstanding; only what is being typed is left alone, until
 * it is chosen: with Enter, by leaving the field, or at once by the arrow keys.
 */
export class NumberField {
  readonly input: HTMLInputElement;
  private newest = Number.NaN;
  private edited = false;

  /** @param choose called with what was typed, brought within the bounds */
  constructor(
    attributes: Record<string, string | number>,
    private readonly bounds: Bounds,
    private readonly choose: (value: number) => void,
  ) {
    const commit = () => this.commit();
    this.input = h("input", {
      ...{ type: "number", class: "iv-number", ...bounds, ...attributes },
      oninput: () => {
        this.edited = true;
      },
      onchange: commit,
      onblur: commit, // where it was typed to and fro, no change is told
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") commit(); // JupyterLab keeps it from the browser
      },
    });
  }

  show(value: number): void {
    this.newest = value;
    this.refresh();
  }

  private commit(): void {
    if (!this.edited) return;
    this.edited = false;
    const value = this.input.valueAsNumber;
    if (!Number.isNaN(value)) this.choose(this.bounded(value));
    this.refresh();
  }

  private bounded(value: number): number {
    const { min, max, step } = this.bounds;
    const near = Math.max(Math.min(value, max), min);
    return step === 1 ? Math.round(near) : near;
  }

  private refresh(): void {
    if (!this.edited) this.input.value = String(this.newest);
  }
}
