// A unit's histogram over its slider, with the base's value and the present one as lines.

import { floats } from "../../bytes";
import type { Vector } from "../../engine/matrices";
import { type ChartModel, partsOf } from "../parts/chart";
import type { Model } from "./session";

export interface Place {
  unit: number;
  base: number;
  value: number;
  limits: readonly [low: number, high: number];
}

/** The edges and heights of one unit's histogram as steps, the highest 1; it ends on the ground. */
export function steps(
  histograms: Vector,
  ranges: Vector,
  unit: number,
): { x: number[]; y: number[] } {
  const bins = histograms.length / (ranges.length / 2);
  const counts = histograms.subarray(unit * bins, (unit + 1) * bins);
  const highest = Math.max(...counts);
  if (!(highest > 0)) return { x: [0], y: [0] };
  const [low, high] = [ranges[2 * unit]!, ranges[2 * unit + 1]!];
  return {
    x: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins),
    y: [...Array.from(counts, (count) => count / highest), 0],
  };
}

/** Sets the data of the bqplot figure that Python made; where there is none, does nothing. */
export class UnitChart {
  private marks: ChartModel[] = [];
  private place: Place | undefined;
  private drawn: readonly unknown[] = [];

  constructor(private readonly model: Model) {
    partsOf(model, model.get("_chart"))
      .then((marks) => {
        this.marks = marks;
        if (this.place) this.show(this.place);
      })
      .catch((error) => console.error(error));
  }

  show(place: Place): void {
    this.place = place;
    const [histogram, base, value] = this.marks;
    if (!histogram || !base || !value) return;
    const { x } = histogram.get("scales") as { x: ChartModel };
    const [min, max] = place.limits;
    if (x.get("min") !== min || x.get("max") !== max) x.set({ min, max });
    const { unit } = place;
    const counts = this.model.get("histograms");
    if (this.drawn[0] !== unit || this.drawn[1] !== counts) {
      const data = steps(floats(counts), floats(this.model.get("ranges")), unit);
      histogram.set({ x: Float64Array.from(data.x), y: Float64Array.from(data.y) });
      this.drawn = [unit, counts];
    }
    const line = (at: number) => ({ x: Float64Array.of(at, at), y: Float64Array.of(0, 1.05) });
    base.set(line(place.base));
    value.set(line(place.value));
  }
}
