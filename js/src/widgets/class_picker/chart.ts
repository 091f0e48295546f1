// The confidence curves: the page sets the marks that Python's chart.py makes.

import { h } from "../../dom";
import type { Moment } from "../../engine/descent";
import type { Vector } from "../../engine/matrices";
import { type ChartModel, embed, partsOf } from "../parts/chart";
import type { Model } from "./model";
import { agreement, wantedClasses } from "./targets";

const MOST_POINTS = 120;
const MOST_OTHERS = 30;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
/** Of a mixture's lines: told apart on light and on dark grounds. */
const COLOURS = [
  ...["#1e88e5", "#fb8c00", "#8e6bd8", "#43a047", "#e53935"],
  ...["#00acc1", "#d81b60", "#8d6e63", "#9e9d24", "#5c6bc0"],
];

export interface Curves {
  course: readonly Moment[];
  targets: readonly Vector[];
  chosen: number;
  /** The step looked at. */
  at: number;
  /** Where the run is to end. */
  until: number;
}

/** Set the curves of one picker's chart, which all its views share. */
export class ConfidenceChart {
  private marks: ChartModel[] = [];
  private steps: ChartModel | undefined;
  private newest: Curves | undefined;
  private scheduled = false;

  constructor(model: Model) {
    const chart = model.get("_chart");
    void Promise.all([partsOf(model, chart), partsOf(model, chart, "axes")]).then((parts) => {
      [this.marks, [this.steps]] = parts;
      this.marks[1]?.set({ colors: COLOURS });
      this.draw();
    });
  }

  /** Show these curves soon, in a turn of their own: drawing takes some milliseconds. */
  show(curves: Curves): void {
    this.newest = curves;
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      this.draw();
    }, 40);
  }

  private draw(): void {
    const [others, mine, position] = this.marks;
    if (!others || !mine || !position || !this.newest?.course.length) return;
    const { course, targets, chosen, at, until } = this.newest;
    const apart = Math.ceil(course.length / MOST_POINTS);
    const points = course.filter((_, i) => i % apart === 0 || i === course.length - 1);
    const steps = Float64Array.from(points, ({ step }) => step);
    const curve = (value: (moment: Moment) => number) => Float64Array.from(points, value);
    const lines = targets
      .slice(0, MOST_OTHERS)
      .map((target, i) => curve(({ probabilities }) => agreement(target, probabilities[i]!)));
    const wanted = wantedClasses(targets[chosen]!);
    const { x: scale } = mine.get("scales") as { x: ChartModel };
    const end = Math.max(until, steps.at(-1)!);
    scale.set({ max: end });
    this.steps?.set({ tick_values: Float64Array.from(TICKS, (share) => Math.round(share * end)) });
    others.set({ visible: lines.length > 1 });
    setLines(others, steps, lines);
    setLines(
      mine,
      steps,
      wanted.map((k) => curve(({ probabilities }) => probabilities[chosen]![k]!)),
    );
    setLines(position, Float64Array.of(at, at), [Float64Array.of(0, 1)]);
  }
}

/** Where the chart is shown; empty in hosts without other widgets. */
export function chartPlace(model: Model): { element: HTMLElement; close: () => void } {
  const element = h("div", {
    ...{ class: "iv-chart", "data-part": "chart", role: "img" },
    "aria-label": "How sure the network is of what was asked for, step by step",
  });
  return { element, close: embed(model, model.get("_chart"), element) };
}

/** Which line is which class. */
export class Legend {
  readonly element = h("span", { class: "iv-legend", "data-part": "legend" });

  show(names: readonly string[]): void {
    const shown = [...this.element.children].map((line) => line.textContent);
    if (names.length === shown.length && names.every((name, i) => name === shown[i])) return;
    const colour = (line: number) => COLOURS[line % COLOURS.length]!; // as bqplot has it
    const lines = names.map((name, i) => h("span", { style: `--iv-colour: ${colour(i)}` }, name));
    this.element.replaceChildren(...lines);
  }
}

function setLines(mark: ChartModel, x: Float64Array, lines: Float64Array[]): void {
  mark.set({ x, y: lines.length === 1 ? lines[0] : lines });
}
