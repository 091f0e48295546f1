// Where a grid's rows come from: the kernel, some at a time, or what the page carries along.

import { type Network, reconstruct } from "../../engine/engine";
import { when } from "../../engine/eventually";
import { greyLevel } from "../../pixels/paint";
import type { Block, Sample } from "./blocks";
import { type Order, order } from "./filter";

/** Samples in an order, by their positions in it. */
export interface Source {
  /** Another order has another version. */
  readonly version: number;
  readonly length: number;
  /** Undefined while it is not here. */
  sample(position: number): Sample | undefined;
}

const STEP = 64; // rows are asked for in multiples of this
const MOST_ASKED = 2; // at once
const SPARE = 16; // steps kept beside those near the views; 1.6 MB of MNIST's

/** Rows that the kernel sent: those near the views are kept, and of the others those last used. */
export class KernelSource implements Source {
  readonly version: number;
  readonly length: number;
  private readonly kept = new Map<number, Block>();
  private most = SPARE;

  constructor(block: Block) {
    this.version = block.version;
    this.length = block.length;
    this.add(block);
  }

  add(block: Block): void {
    const end = block.start + block.rows;
    for (let start = block.start; start < end; start += STEP) this.keep(start / STEP, block);
    while (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
  }

  /** Have room for what is near the views, however large these are. */
  fit(ranges: [first: number, last: number][]): void {
    this.most = SPARE;
    for (const [first, last] of ranges) this.most += Math.ceil((last - first) / STEP) + 1;
  }

  sample(position: number): Sample | undefined {
    const block = this.kept.get(Math.floor(position / STEP));
    return block?.sample(position - block.start);
  }

  /** What to ask for so that [first, last) is here: positions [start, stop), or null. */
  missing(first: number, last: number): [start: number, stop: number] | null {
    const end = Math.ceil(Math.min(last, this.length) / STEP);
    let from = Math.floor(Math.max(first, 0) / STEP);
    for (; from < end; from++) {
      const block = this.kept.get(from);
      if (!block) break;
      this.keep(from, block); // used again
    }
    if (from >= end) return null;
    let to = from + 1;
    while (to < Math.min(end, from + MOST_ASKED) && !this.kept.has(to)) to++;
    return [from * STEP, Math.min(to * STEP, this.length)];
  }

  private keep(number: number, block: Block): void {
    this.kept.delete(number);
    this.kept.set(number, block);
  }
}

/** Rows that the page carries, filtered, sorted and reconstructed here. */
export class PageSource implements Source {
  readonly length: number;
  private readonly rows: Int32Array;
  private readonly seen = new Map<number, Uint8Array>();
  private readonly coming = new Set<number>();

  constructor(
    readonly version: number,
    private readonly block: Block,
    private readonly network: Network,
    shown: Order,
    private readonly changed: () => void,
  ) {
    this.rows = order(block, shown);
    this.length = this.rows.length;
  }

  sample(position: number): Sample | undefined {
    const row = this.rows[position];
    if (row === undefined) return undefined;
    const sample = this.block.sample(row);
    return { ...sample, reconstruction: this.reconstruction(row, sample.pixels) };
  }

  /** Where a sample stands, or -1. */
  positionOf(index: number): number {
    return this.rows.findIndex((row) => this.block.indices[row] === index);
  }

  /** What the network sees; where that takes a while, it is told of when it is there. */
  private reconstruction(row: number, pixels: Uint8Array): Uint8Array | undefined {
    if (this.seen.has(row) || this.coming.has(row)) return this.seen.get(row);
    const result = when(reconstruct(this.network, brightness(pixels)), ({ image }) => {
      this.seen.set(row, Uint8Array.from(image, greyLevel));
    });
    if (result instanceof Promise) {
      this.coming.add(row);
      result.then(this.changed, () => {}).finally(() => this.coming.delete(row));
    }
    return this.seen.get(row);
  }
}

/** Grey levels as numbers from 0 to 1. */
export function brightness(levels: Uint8Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(levels, (level) => level / 255);
}
