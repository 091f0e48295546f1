// The slider of the chosen unit under its histogram, with its keys and buttons.

import { enable, h, iconButton, setText } from "../../dom";
import { embed } from "../parts/chart";
import { NumberField } from "../parts/number_field";
import { decimal } from "./numbers";
import type { Model, Session } from "./session";

const ICONS = {
  play: "M5 3.2v9.6l7.6-4.8z",
  pause: "M5.6 3.4v9.2M10.4 3.4v9.2",
  reset: "M3.4 8a4.6 4.6 0 1 0 1.5-3.4L3.4 6M3.4 3v3h3",
};
/** Shares of the slider's length that a key moves it by. */
const NUDGE = 1 / 100;
const NUDGES: Record<string, number> = {
  ArrowLeft: -NUDGE,
  ArrowDown: -NUDGE,
  ArrowRight: NUDGE,
  ArrowUp: NUDGE,
  PageDown: -10 * NUDGE,
  PageUp: 10 * NUDGE,
};

/** One view's slider. */
export class UnitSlider {
  readonly element: HTMLElement;
  private readonly number: NumberField;
  private readonly slider: HTMLInputElement;
  private readonly reading = h("output", { class: "iv-us-reading" });
  private readonly low = h("span");
  private readonly high = h("span");
  private readonly play: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly takeChartAway: () => void;

  constructor(
    private readonly model: Model,
    private readonly session: Session,
  ) {
    const numbers = { min: 0, max: session.base.length - 1, step: 1 };
    this.number = new NumberField({ "data-part": "unit-number" }, numbers, (number) =>
      session.choose(number),
    );
    this.slider = h("input", {
      ...{ type: "range", class: "iv-us-slider", "data-part": "value", step: "any" },
      title: "Arrow keys nudge, with Shift further; Home returns to the base",
      oninput: () => this.moveTo(this.slider.valueAsNumber),
      onkeydown: (event: KeyboardEvent) => this.nudge(event),
    });
    this.play = iconButton("play", "Play: sweep the unit through its range", ICONS.play, () =>
      session.setPlaying(!model.get("playing")),
    );
    this.reset = iconButton("reset", "Set this unit back to the base", ICONS.reset, () =>
      session.reset(session.unit),
    );
    const chart = h("div", {
      class: "iv-us-chart",
      "data-part": "histogram",
      "aria-hidden": "true",
    });
    const seen = model.get("examined");
    const about = seen
      ? `Histogram: the unit's values on ${seen.toLocaleString("en")} real images; dashed: the base`
      : "No real images were given, so the slider's range is a guess: pass examples=images";
    this.element = h(
      "div",
      { class: "iv-us-unit-slider", role: "group", "aria-label": "The chosen unit" },
      h(
        "div",
        { class: "iv-toolbar" },
        h("label", { class: "iv-field" }, "Unit", this.number.input),
        this.reading,
        this.play,
        this.reset,
      ),
      chart,
      this.slider,
      h("div", { class: "iv-us-ends", "aria-hidden": "true" }, this.low, this.high),
      h("p", { class: "iv-caption iv-us-about" }, about),
    );
    this.takeChartAway = embed(model, model.get("_chart"), chart);
  }

  show(): void {
    const { unit, value, limits, base, moved } = this.session;
    const [low, high] = limits;
    const start = base[unit] ?? 0;
    this.number.show(unit);
    Object.assign(this.slider, { min: String(low), max: String(high), value: String(value) });
    this.slider.ariaLabel = `Value of unit ${unit}`;
    this.slider.setAttribute("aria-valuetext", `${decimal(value, 2)}, base ${decimal(start, 2)}`);
    setText(this.reading, `${decimal(value, 2)} · base ${decimal(start, 2)}`);
    setText(this.low, decimal(low, 1));
    setText(this.high, decimal(high, 1));
    enable(this.reset, unit in moved);
    const playing = this.model.get("playing");
    const name = playing ? "Pause" : "Play: sweep the unit through its range";
    Object.assign(this.play, { title: name, ariaLabel: name, ariaPressed: String(playing) });
    this.play.querySelector("path")?.setAttribute("d", playing ? ICONS.pause : ICONS.play);
  }

  focus(): void {
    this.slider.focus();
  }

  close(): void {
    this.takeChartAway();
  }

  private moveTo(value: number): void {
    this.session.setPlaying(false);
    this.session.move(value);
  }

  private nudge(event: KeyboardEvent): void {
    const { limits, value, unit } = this.session;
    const [low, high] = limits;
    const share = NUDGES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.session.reset(unit);
    else if (share === undefined) return;
    else {
      const step = (event.shiftKey ? 10 : 1) * share * (high - low);
      this.moveTo(Math.min(Math.max(value + step, low), high));
    }
    event.preventDefault();
  }
}
