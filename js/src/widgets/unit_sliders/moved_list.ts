// The moved units with their values; each can be gone to and set back, and all together.

import { h, iconButton, setText } from "../../dom";
import { decimal } from "./numbers";

const CROSS = "M4.5 4.5l7 7m0-7-7 7";

/** A row of chips that is there while something is moved. */
export class MovedList {
  private readonly list = h("ul", { class: "iv-us-chips", role: "list", "data-part": "moved" });
  private readonly all: HTMLButtonElement;
  readonly element: HTMLElement;
  private readonly chips = new Map<string, HTMLElement>();

  /**
   * @param choose called with the unit to go to
   * @param reset called with the unit to set back; without one, all are meant
   * @param leave called when what had the focus goes, and nothing is left here that could have it
   */
  constructor(
    private readonly choose: (unit: number) => void,
    private readonly reset: (unit?: number) => void,
    private readonly leave: () => void,
  ) {
    this.all = h(
      "button",
      {
        ...{ type: "button", class: "iv-button iv-outlined", "data-part": "reset-all" },
        onclick: () => reset(),
      },
      "Reset all",
    );
    this.element = h(
      "div",
      { class: "iv-us-moved", role: "group", "aria-label": "Moved units" },
      h("span", { class: "iv-caption" }, "Moved"),
      this.list,
      this.all,
    );
  }

  show(moved: Record<string, number>, chosen: number): void {
    const units = Object.keys(moved);
    if (!units.length && this.all.matches(":focus")) this.leave();
    for (const [unit, chip] of this.chips) {
      if (!(unit in moved)) this.remove(unit, chip);
    }
    units.forEach((unit, place) => {
      const chip = this.chips.get(unit) ?? this.add(unit, place);
      const go = chip.firstElementChild as HTMLElement;
      setText(go, `${unit}: ${decimal(moved[unit]!, 2)}`);
      go.ariaPressed = String(Number(unit) === chosen);
    });
    this.element.classList.toggle("iv-us-nothing", units.length === 0);
  }

  private add(unit: string, place: number): HTMLElement {
    const chip = this.chip(Number(unit));
    this.chips.set(unit, chip);
    this.list.insertBefore(chip, this.list.children[place] ?? null);
    return chip;
  }

  /** Take a chip away; its neighbour's button of the same kind gets the focus, if it had it. */
  private remove(unit: string, chip: HTMLElement): void {
    const part = chip.querySelector<HTMLElement>(":focus")?.dataset.part;
    const neighbour = chip.nextElementSibling ?? chip.previousElementSibling;
    this.chips.delete(unit);
    chip.remove();
    if (part && neighbour) neighbour.querySelector<HTMLElement>(`[data-part="${part}"]`)?.focus();
    else if (part) this.leave();
  }

  private chip(unit: number): HTMLElement {
    const go = h("button", {
      ...{ type: "button", class: "iv-button", "data-part": "moved-unit", "data-unit": unit },
      title: `Go to unit ${unit}`,
      onclick: () => this.choose(unit),
    });
    const back = iconButton("reset-unit", `Set unit ${unit} back to the base`, CROSS, () =>
      this.reset(unit),
    );
    return h("li", { class: "iv-us-chip", "data-unit": unit }, go, back);
  }
}
