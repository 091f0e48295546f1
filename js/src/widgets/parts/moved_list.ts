// The moved units with their values; each can be gone to and set back, and all together.

import { h, iconButton, setText } from "../../dom";
import { decimal } from "./numbers";

const CROSS = "M4.5 4.5l7 7m0-7-7 7";

/** A row of chips that is there while something is moved. */
export class MovedList {
  private readonly list = h("ul", { class: "iv-us-chips", role: "list", "data-part": "moved" });
  private readonly all: HTMLButtonElement;
  readonly element: HTMLElement;
  private readonly texts = new Map<string, HTMLElement>();

  /**
   * @param choose called with the unit to go to
   * @param reset called with the unit to set back; without one, all are meant
   */
  constructor(
    private readonly choose: (unit: number) => void,
    private readonly reset: (unit?: number) => void,
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
    if (units.join() !== [...this.texts.keys()].join()) {
      this.texts.clear();
      this.list.replaceChildren(...units.map((unit) => this.chip(Number(unit))));
    }
    for (const [unit, text] of this.texts) {
      setText(text, `${unit}: ${decimal(moved[unit]!, 2)}`);
      text.ariaPressed = String(Number(unit) === chosen);
    }
    this.element.classList.toggle("iv-us-nothing", units.length === 0);
    this.all.disabled = units.length === 0;
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
    this.texts.set(String(unit), go);
    return h("li", { class: "iv-us-chip", "data-unit": unit }, go, back);
  }
}
