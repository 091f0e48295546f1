// What all views of one widget of unit sliders share: the newest inputs, the sweep, the chart's data.

import type { AnyModel } from "@anywidget/types";
import { bytes, floats } from "../../bytes";
import type { Network } from "../../engine/engine";
import { all, type Eventually, when } from "../../engine/eventually";
import { largest, same, type Vector } from "../../engine/matrices";
import { Link, type WidgetTraits } from "../../link";
import { play, sweptValue } from "./sweep";

export interface Traits extends WidgetTraits {
  base: DataView;
  unit: number;
  value: number;
  moved: Record<string, number>;
  target: number;
  sort: "number" | "effect";
  playing: boolean;
  code: DataView;
  image: DataView;
  probabilities: DataView;
  base_image: DataView;
  base_probabilities: DataView;
  effects: DataView;
  projections: DataView;
  ranges: DataView;
  histograms: DataView;
  examined: number;
  mean_code: DataView;
  class_codes: DataView;
  example_codes: DataView;
  _chart: string;
}

export type Model = AnyModel<Traits>;

/** The code that these inputs describe. */
export function movedCode(base: Vector, moved: Record<string, number>): Vector {
  const code = base.slice();
  for (const [unit, value] of Object.entries(moved)) code[Number(unit)] = value;
  return code;
}

/** What a code is made of, and the class that units are ranked for. */
interface Inputs {
  base: Vector;
  moved: Record<string, number>;
  unit: number;
  target: number;
}

/** The newest of what a person, Python or a linked widget set, and the talk with whoever answers. */
export class Session implements Inputs {
  readonly link: Link<Traits>;
  base: Vector;
  moved: Record<string, number>;
  unit: number;
  target: number;
  /** The ends of the slider: the unit's range, and what lies beyond it. */
  limits: [low: number, high: number] = [0, 1];
  private baseBytes: DataView;
  private readonly inputs = () => ({
    base: this.baseBytes,
    moved: this.moved,
    unit: this.unit,
    target: this.target,
  });
  private readonly listeners = new Set<() => void>();
  private moving = false; // whether what a person did last to `moved` was to the chosen unit alone
  private views = 0;
  private endSweep: (() => void) | undefined;
  private ofBase: { key: readonly unknown[]; results: Partial<Traits> } | undefined;

  constructor(private readonly model: Model) {
    // A linked picker that has not run sets an empty base, perhaps before this begins.
    if (!model.get("base").byteLength) model.set("base", model.get("code"));
    this.baseBytes = model.get("base");
    this.base = floats(this.baseBytes);
    this.moved = { ...model.get("moved") };
    this.unit = model.get("unit");
    this.target = model.get("target");
    this.fitLimits();
    this.link = new Link(model, (network, inputs) => this.answer(network, inputs));
    this.link.listen("base", (base) => this.adoptBase(base));
    this.link.listen(
      "moved",
      (moved) => this.adopt({ moved: { ...moved } }),
      (moved) => this.merge(moved),
    );
    this.link.listen("unit", (unit) => this.adopt({ unit }));
    this.link.listen("target", (target) => this.adopt({ target }));
    this.link.listen("value", (value) => this.adoptValue(value));
    this.link.begin(this.inputs);
    model.on("change:ranges", () => {
      this.fitLimits();
      this.tell();
    });
    model.on("change:playing", () => this.followPlaying());
    if (model.get("playing")) this.setPlaying(false); // a reopened page starts at rest
  }

  /** Lower and upper end of each unit, one after the other. */
  private get ranges(): Vector {
    return floats(this.model.get("ranges"));
  }

  /** Of the chosen unit: as moved, or the base's. */
  get value(): number {
    return this.moved[this.unit] ?? this.base[this.unit] ?? 0;
  }

  choose(unit: number): void {
    if (unit === this.unit) return;
    this.setPlaying(false);
    this.unit = unit;
    this.fitLimits();
    this.ask("unit");
  }

  /** Move the chosen unit. */
  move(value: number): void {
    const { [this.unit]: _, ...others } = this.moved;
    const returns = Math.fround(value) === this.base[this.unit];
    this.moved = returns ? others : { ...others, [this.unit]: value };
    this.moving = true;
    this.ask("moved");
  }

  /** Set units back to the base; all of them if none is given. */
  reset(unit?: number): void {
    this.setPlaying(false);
    const { [unit ?? -1]: _, ...others } = this.moved;
    this.moved = unit === undefined ? {} : others;
    this.moving = false;
    this.fitLimits();
    this.ask("moved");
  }

  startFrom(base: Vector): void {
    this.setPlaying(false);
    this.base = base;
    this.baseBytes = bytes(base);
    this.fitLimits();
    this.ask("base");
  }

  rankFor(target: number): void {
    this.target = target;
    this.ask("target");
  }

  setPlaying(playing: boolean): void {
    if (this.model.get("playing") === playing) return;
    this.model.set("playing", playing);
    this.model.save_changes();
  }

  /** Count a view in; gives the function that counts it out. Without any, nothing plays on unseen. */
  open(): () => void {
    this.views += 1;
    return () => {
      this.views -= 1;
      if (!this.views) this.setPlaying(false);
    };
  }

  /** Hear of every change of the inputs; gives the function that ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.endSweep?.();
    this.link.close();
  }

  private ask(name: keyof Inputs): void {
    this.tell();
    this.link.ask(this.inputs, name);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private adoptBase(base: DataView): void {
    // A linked picker that has not run sets an empty one.
    if (!base.byteLength) this.model.set("base", this.baseBytes);
    else if (!same(floats(base), this.base)) {
      this.baseBytes = base;
      this.adopt({ base: floats(base) });
    }
  }

  /** Take over what Python or a linked widget set; what this page set itself is the same. */
  private adopt(inputs: Partial<Inputs>): void {
    const changed = (Object.keys(inputs) as (keyof Inputs)[]).some(
      (name) => JSON.stringify(inputs[name]) !== JSON.stringify(this[name]),
    );
    if (!changed) return;
    Object.assign(this, inputs);
    this.fitLimits();
    if (this.endSweep) this.followPlaying(); // through the range as it is now
    this.tell();
    this.link.follow(this.inputs);
  }

  /** While a person moves the chosen unit, the others are as Python or a linked widget set them. */
  private merge(moved: Record<string, number>): void {
    if (!this.moving) return;
    const own = this.moved[this.unit];
    const { [this.unit]: _, ...others } = moved;
    this.moved = own === undefined ? others : { ...others, [this.unit]: own };
    this.tell();
  }

  /** Take over a value that was set alone; the kernel's answers bring the one that is there. */
  private adoptValue(value: number): void {
    if (this.link.isBehind("base", "moved", "unit")) return;
    const { model } = this; // which may have been told of all of them at once
    this.adoptBase(model.get("base"));
    this.adopt({ moved: { ...model.get("moved") }, unit: model.get("unit") });
    if (Math.fround(value) === Math.fround(this.value)) return;
    this.moved = { ...this.moved, [this.unit]: value };
    this.fitLimits();
    this.tell();
    this.link.follow(this.inputs);
  }

  private fitLimits(): void {
    const [low = 0, high = 0] = this.ranges.subarray(2 * this.unit, 2 * this.unit + 2);
    const here = [this.base[this.unit] ?? 0, this.value];
    this.limits = [Math.min(low, ...here), Math.max(high, ...here)];
    if (this.limits[1] - this.limits[0] < 1e-6) this.limits = [low - 1, high + 1]; // a dead unit
  }

  private followPlaying(): void {
    this.endSweep?.();
    this.endSweep = undefined;
    if (this.model.get("playing")) {
      const [start, [low, high]] = [this.value, this.limits];
      this.endSweep = play((share) => this.move(sweptValue(start, low, high, share)));
    }
    this.tell();
  }

  /** What the kernel would answer to these inputs. */
  private answer(network: Network, inputs: Partial<Traits>): Eventually<Partial<Traits>> {
    const { base, moved = {}, unit = 0, target = -1 } = inputs;
    const start = floats(base);
    const code = movedCode(start, moved);
    return when(
      all([
        this.answerToBase(network, base!, target),
        network.invert(code),
        network.classify(code),
      ]),
      ([ofBase, image, probabilities]) => ({
        ...ofBase,
        code: bytes(code),
        image: bytes(image),
        probabilities: bytes(probabilities),
        value: moved[unit] ?? start[unit] ?? 0,
      }),
    );
  }

  /** What follows from the base alone, worked out once for all places of the slider. */
  private answerToBase(
    network: Network,
    base: DataView,
    target: number,
  ): Eventually<Partial<Traits>> {
    const key = [network, base, target] as const;
    if (key.every((part, i) => part === this.ofBase?.key[i])) return this.ofBase!.results;
    const start = floats(base);
    return when(all([network.invert(start), network.classify(start)]), ([image, probabilities]) => {
      const ranked = target >= 0 ? target : largest(probabilities);
      return when(network.effects(start, ranked, this.ranges), (effects) => {
        const results = {
          base_image: bytes(image),
          base_probabilities: bytes(probabilities),
          effects: bytes(effects),
        };
        this.ofBase = { key, results };
        return results;
      });
    });
  }
}
