// Which rows a grid shows: the kernel's, or those that its page carries along.

import type { AnyModel } from "@anywidget/types";
import type { Network } from "../../engine/engine";
import type { Status } from "../../status";
import { Block } from "./blocks";
import { type Order, orderKey } from "./filter";
import { orderOf, type Traits } from "./model";
import { KernelSource, PageSource, type Source } from "./sources";
import type { Views } from "./views";

/** What other rows mean for the views: another order, the same rows from elsewhere, or others. */
export type Change = "none" | "reordered" | "same rows" | "other rows";

export class Rows {
  /** What is shown now. */
  shown: Source;
  private readonly pixels: number;
  private kernel!: KernelSource;
  private kernelOrder = ""; // what the kernel's rows are filtered and sorted by
  private received: DataView | undefined;
  private fetching: string | undefined; // what was asked for last
  private carried!: Block;
  private page: { key: string; source: PageSource } | undefined;
  private pageVersion = 0; // negative: none of the kernel's

  constructor(private readonly model: AnyModel<Traits>) {
    const [rows, columns] = model.get("image_shape");
    this.pixels = rows * columns;
    this.carry();
    this.receive();
    this.shown = this.kernel;
  }

  /** Whether these are the kernel's; some of them may still be on their way. */
  get areKernels(): boolean {
    return this.shown === this.kernel;
  }

  /** Whether the page shows the samples that it carries, and how many these are. */
  get carries(): number | undefined {
    return this.areKernels ? undefined : this.carried.rows;
  }

  /** Take over which samples the page carries. */
  carry(): void {
    this.carried = new Block(this.model.get("_carried"), this.pixels);
    this.page = undefined;
  }

  /** Take the block that came last; one of another order ends the order before. */
  receive(): void {
    const data = this.model.get("_block");
    if (data === this.received) return;
    this.received = data;
    this.fetching = undefined;
    const block = new Block(data, this.pixels);
    if (block.version === this.kernel?.version) this.kernel.add(block);
    else {
      this.kernel = new KernelSource(block);
      this.kernelOrder = orderKey(orderOf(this.model));
    }
  }

  /** Filter and sort what the page carries; `changed` is told of pictures that come later. */
  arrange(order: Order, network: Network, changed: () => void): void {
    const key = orderKey(order);
    if (this.page?.key === key) return;
    this.pageVersion -= 1;
    this.page = {
      key,
      source: new PageSource(this.pageVersion, this.carried, network, order, changed),
    };
  }

  /** Show the rows of who answers now. */
  update(order: Order, status: Status): Change {
    const before = this.shown;
    this.receive();
    const same = this.kernelOrder === orderKey(order);
    this.shown = (this.pageAnswers(same, status) && this.page?.source) || this.kernel;
    if (before.version === this.shown.version) return "none";
    if (before.version > 0 === this.shown.version > 0) return "reordered";
    return same && this.carriesAll ? "same rows" : "other rows";
  }

  /** Whether rows are needed that are not on their way: ask for them. */
  need(views: Views): boolean {
    const needed = this.missing(views)?.join();
    if (!needed || needed === this.fetching) return false;
    this.fetching = needed;
    return true;
  }

  /** What to ask the kernel for next: what is in view first, then what is near. */
  missing(views: Views): [version: number, start: number, stop: number] | null {
    if (!this.areKernels) return null;
    this.kernel.fit(views.ranges(1));
    for (const margin of [0, 1]) {
      for (const range of views.ranges(margin)) {
        const missing = this.kernel.missing(...range);
        if (missing) return [this.kernel.version, ...missing];
      }
    }
    return null;
  }

  /** A carried sample's grey levels. */
  pixelsOf(index: number): Uint8Array | undefined {
    const row = this.carried.indices.indexOf(index);
    return row < 0 ? undefined : this.carried.sample(row).pixels;
  }

  /** Where a sample stands, or -1. */
  positionOf(index: number): number {
    if (this.shown instanceof PageSource) return this.shown.positionOf(index);
    const [sample, position] = this.model.get("_place");
    return sample === index ? position : -1;
  }

  /** Whether to show what the page carries: it does not replace a busy kernel's rows by fewer. */
  private pageAnswers(sameOrder: boolean, { engine, standsIn }: Status): boolean {
    return standsIn && sameOrder ? this.carriesAll : engine === "browser";
  }

  private get carriesAll(): boolean {
    return this.carried.rows === this.model.get("total");
  }
}
