// Which samples are selected: some by their indices, a range of positions, and exceptions of both.

import { bytes } from "../../bytes";
import type { Source } from "./sources";

/** What the kernel turns into indices: a range may reach over rows that the page does not have. */
export interface Pick {
  number: number;
  base: DataView;
  range: [version: number, first: number, last: number] | null;
  toggles: number[];
}

export class Selection {
  /** Of the last pick. */
  number = Math.floor(Math.random() * 2 ** 30);
  private followed = this.number; // by the kernel
  private base = new Int32Array(0); // ascending
  private range: Pick["range"] = null;
  private readonly toggles = new Set<number>();

  /** Take over what is selected, whatever was picked before. */
  adopt(indices: Int32Array<ArrayBuffer>): void {
    this.base = indices.slice().sort();
    this.range = null;
    this.toggles.clear();
  }

  /** Whether a pick is still to be followed by the kernel. */
  get pending(): boolean {
    return this.followed !== this.number;
  }

  /** The kernel has followed a pick: what that came to holds, unless more was picked since. */
  settle(number: number, indices: Int32Array<ArrayBuffer>): void {
    if (number !== this.number) return;
    this.followed = number;
    this.adopt(indices);
  }

  /** Select these alone. */
  only(...indices: number[]): void {
    this.number += 1;
    this.adopt(Int32Array.from(indices));
  }

  /** Select a sample, or no longer. */
  toggle(index: number): void {
    this.number += 1;
    if (!this.toggles.delete(index)) this.toggles.add(index);
  }

  /** Select all from one position to another, and with `keep` what was selected before. */
  extend(source: Source, from: number, to: number, keep: boolean): void {
    const before = keep ? this.indices(source) : new Int32Array(0);
    this.only();
    this.base = before;
    this.range = [source.version, Math.min(from, to), Math.max(from, to)];
  }

  /** The same rows come from another source now: have the range hold there. */
  move(to: Source): void {
    if (!this.range) return;
    this.range[0] = to.version;
    this.adopt(this.indices(to));
  }

  /** Make a range the samples in it, if all of them are here: these outlast its order. */
  resolve(source: Source): void {
    if (this.range?.[0] !== source.version) return;
    for (let position = this.range[1]; position <= this.range[2]; position++) {
      if (!source.sample(position)) return;
    }
    this.adopt(this.indices(source));
  }

  has(index: number, position: number, version: number): boolean {
    const inRange =
      this.range?.[0] === version && position >= this.range[1] && position <= this.range[2];
    return (inRange || includes(this.base, index)) !== this.toggles.has(index);
  }

  /** What is selected as far as the rows are here, ascending. */
  indices(source: Source): Int32Array<ArrayBuffer> {
    const selected = new Set(this.base);
    if (this.range?.[0] === source.version) {
      for (let position = this.range[1]; position <= this.range[2]; position++) {
        const sample = source.sample(position);
        if (sample) selected.add(sample.index);
      }
    }
    for (const index of this.toggles) if (!selected.delete(index)) selected.add(index);
    return Int32Array.from(selected).sort();
  }

  /** How many are selected; a range counts wholly until the kernel has said what is in it. */
  get size(): number {
    if (!this.range) {
      let size = this.base.length;
      for (const index of this.toggles) size += includes(this.base, index) ? -1 : 1;
      return size;
    }
    return this.base.length + this.range[2] - this.range[1] + 1;
  }

  get pick(): Pick {
    const { number, base, range } = this;
    return { number, base: bytes(base), range, toggles: [...this.toggles] };
  }
}

function includes(ascending: Int32Array, value: number): boolean {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === value;
}
