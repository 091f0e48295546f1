// Talking with the kernel: pixels as bytes, one request in flight, the newest waits (latest wins).

import type { AnyModel } from "@anywidget/types";
import { type RequestState, Status } from "./status";

/** What the traits of every widget hold; the twin of NetworkWidget in Python. */
export interface WidgetTraits {
  address: string;
  class_names: string[];
  image_shape: [rows: number, columns: number];
  engine: "kernel" | "browser";
  error: string;
  request: number;
  answered: number;
}

const OVERDUE_MS = 10_000;

/** Read a float32 trait. A view on the wire's bytes: do not write to it. */
export function floats(value: DataView | undefined): Float32Array<ArrayBuffer> {
  if (!value?.byteLength) return new Float32Array(0);
  // A copy where the bytes do not lie on a float's boundary.
  const { buffer, byteOffset, byteLength } = value;
  return byteOffset % 4 === 0 && buffer instanceof ArrayBuffer
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
}

/** Write a float32 trait. */
export function bytes(values: Float32Array<ArrayBuffer>): DataView {
  return new DataView(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * Tell whether a kernel stands behind a model, now and whenever that changes.
 *
 * ipywidgets knows it of the whole model, which anywidget hides behind a smaller one; hosts that know
 * nothing of it are taken to have a kernel.
 */
function watchKernel<T extends WidgetTraits>(
  model: AnyModel<T>,
  onChange: (connected: boolean) => void,
): void {
  const whole = model.widget_manager?.get_model?.(model.get("address"));
  const check = () =>
    whole
      ?.then((found) => onChange((found as { comm_live?: boolean }).comm_live ?? true))
      .catch(() => {});
  model.on("comm_live_update" as never, check);
  check();
}

/** Sends what a widget asks of the kernel, never more than one request at a time. */
class LatestRequests<T extends WidgetTraits> {
  private number = Math.floor(Math.random() * 2 ** 30);
  private inFlight = false;
  private waiting: (() => Partial<T>) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param model the widget's model
   * @param onState told when requests go out, come back, or stay unanswered for long
   */
  constructor(
    private readonly model: AnyModel<T>,
    private readonly onState: (state: RequestState) => void,
  ) {
    model.on("change:answered", () => this.settle(model.get("answered")));
  }

  /** Ask with the newest changes; `changes` is called when it is their turn. */
  ask(changes: () => Partial<T>): void {
    this.waiting = changes;
    if (!this.inFlight) this.sendNewest();
  }

  /** Forget what was asked: the kernel that would have answered is gone. */
  drop(): void {
    this.waiting = undefined;
    this.inFlight = false;
    clearTimeout(this.timer);
  }

  private sendNewest(): void {
    if (!this.waiting) {
      this.onState("idle");
      return;
    }
    const changes = this.waiting();
    this.waiting = undefined;
    this.inFlight = true;
    this.number += 1;
    for (const [name, value] of Object.entries({ ...changes, request: this.number })) {
      this.model.set(name as keyof T & string, value as never);
    }
    this.model.save_changes();
    this.timer = setTimeout(() => this.onState("overdue"), OVERDUE_MS);
    this.onState("busy");
  }

  private settle(answered: number): void {
    if (!this.inFlight || answered !== this.number) return;
    clearTimeout(this.timer);
    this.inFlight = false;
    this.sendNewest();
  }
}

/** A widget's talk with its kernel, shared by all its views: requests, and how things stand. */
export class KernelLink<T extends WidgetTraits> {
  readonly status = new Status();
  private readonly requests: LatestRequests<T>;
  private connected = true;

  constructor(model: AnyModel<T>) {
    this.requests = new LatestRequests(model, (requests) => this.status.set({ requests }));
    const showError = () => this.status.set({ error: model.get("error") });
    model.on("change:error", showError);
    showError();
    watchKernel(model, (connected) => {
      if (connected === this.connected) return;
      this.connected = connected;
      this.requests.drop(); // what was asked before is void
      this.status.set({ connected, requests: "idle" });
    });
  }

  /** Ask with the newest changes; without a kernel they are made, and nobody is asked. */
  ask(changes: () => Partial<T>): void {
    if (this.connected) this.requests.ask(changes);
    else changes();
  }

  close(): void {
    this.requests.drop();
  }
}
