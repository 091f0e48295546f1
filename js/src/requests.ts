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
  private choice = this.first; // the last request that told of a person's choice
  private choiceWaits = false;
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
    model.on("change:answered", () => this.settle(model.get("answered")));
  }

  /** Ask with the newest changes; `changes` is called when it is their turn. */
  ask(changes: () => Partial<T>): void {
    this.waiting = changes;
    if (!this.inFlight) this.sendNewest();
  }

  /** A person chose something, of which the next request tells. */
  choose(): void {
    this.choiceWaits = true;
  }

  /** Whether the model may hold something older than what a person chose last. */
  get isBehind(): boolean {
    const answered = this.model.get("answered");
    if (this.waiting && this.choiceWaits) return true;
    if (this.inFlight && this.choice === this.number) return answered !== this.number;
    return this.first < answered && answered < this.choice;
  }

  /** Forget what was asked: the kernel that would have answered is gone. */
  drop(): void {
    this.choiceWaits ||= this.isBehind;
    this.choice = this.first;
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
    if (this.choiceWaits) this.choice = this.number;
    this.choiceWaits = false;
    this.write({ ...changes, request: this.number });
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
