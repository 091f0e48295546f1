// Asking the kernel: one request in flight, the newest waits (latest wins).

import type { AnyModel } from "@anywidget/types";
import type { WidgetTraits } from "./link";

/** Of what was asked of the kernel: nothing, something, something it lets wait. */
export type RequestState = "idle" | "busy" | "late";

/** How long a kernel may take before the browser stands in for it. */
const PATIENCE_MS = 1000;

/** Sends what a widget asks of the kernel, never more than one request at a time. */
export class LatestRequests<T extends WidgetTraits> {
  private readonly first = Math.floor(Math.random() * 2 ** 30);
  private number = this.first;
  /** Of each trait that a person chose, the last request that told of it. */
  private readonly choices = new Map<string, number>();
  /** What a person chose of which the next request tells. */
  private readonly chosen = new Set<string>();
  private inFlight = false;
  private waiting: (() => Partial<T>) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: RequestState = "idle";

  /**
   * @param model the widget's model
   * @param write sets traits of the model
   * @param onState told when requests go out, come back, or are let wait
   */
  constructor(
    private readonly model: AnyModel<T>,
    private readonly write: (changes: Partial<T>) => void,
    private readonly onState: (state: RequestState) => void,
  ) {
    model.on("change:_answered", () => this.settle(model.get("_answered")));
  }

  /** Ask with the newest changes; `changes` is called when it is their turn. */
  ask(changes: () => Partial<T>): void {
    this.waiting = changes;
    if (!this.inFlight) this.sendNewest();
  }

  /** A person chose these traits, of which the next request tells. */
  choose(names: readonly string[]): void {
    for (const name of names) this.chosen.add(name);
  }

  /** Whether the model may hold something older than what a person chose last of a trait. */
  isBehind(name: string): boolean {
    const choice = this.choices.get(name) ?? this.first;
    const answered = this.model.get("_answered");
    if (this.waiting && this.chosen.has(name)) return true;
    if (this.inFlight && choice === this.number) return answered !== this.number;
    return this.first < answered && answered < choice;
  }

  /** Forget what was asked: the kernel that would have answered is gone. */
  drop(): void {
    for (const name of this.choices.keys()) if (this.isBehind(name)) this.chosen.add(name);
    this.choices.clear();
    this.waiting = undefined;
    this.inFlight = false;
    clearTimeout(this.timer);
    this.enter("idle");
  }

  private sendNewest(): void {
    if (!this.waiting) {
      this.enter("idle");
      return;
    }
    const changes = this.waiting();
    this.waiting = undefined;
    this.inFlight = true;
    this.number += 1;
    for (const name of this.chosen) this.choices.set(name, this.number);
    this.chosen.clear();
    this.write({ ...changes, _request: this.number });
    this.model.save_changes();
    this.timer = setTimeout(() => this.enter("late"), PATIENCE_MS);
    this.enter(this.state === "late" ? "late" : "busy");
  }

  /** A kernel that was late is trusted again when nothing waits for it any more. */
  private settle(answered: number): void {
    if (!this.inFlight || answered !== this.number) return;
    clearTimeout(this.timer);
    this.inFlight = false;
    this.sendNewest();
  }

  private enter(state: RequestState): void {
    this.state = state;
    this.onState(state);
  }
}
