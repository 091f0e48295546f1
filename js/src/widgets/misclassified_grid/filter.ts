// Filtering and sorting the samples that the page carries: what _samples.py does with all of them.

import type { Block } from "./blocks";

/** Which samples pass. */
export interface Filter {
  misclassified: boolean;
  true: number | null;
  predicted: number | null;
  confidence: readonly [low: number, high: number];
}

export type Key = "confidence" | "loss" | "margin" | "index";

/** Which samples are shown, and how they are sorted. */
export interface Order {
  filter: Filter;
  sort: Key;
  descending: boolean;
}

/** Alike for the same samples in the same order. */
export function orderKey({ filter, sort, descending }: Order): string {
  return JSON.stringify([filter, sort, descending]);
}

/** The rows of a block that pass, in that order; of equals the lower index is first. */
export function order(block: Block, { filter, sort, descending }: Order): Int32Array {
  const { labels, predicted, confidences, indices } = block;
  const [low, high] = filter.confidence.map(Math.fround) as [number, number];
  const passing: number[] = [];
  for (let row = 0; row < block.rows; row++) {
    if (filter.misclassified && labels[row] === predicted[row]) continue;
    if (filter.true !== null && labels[row] !== filter.true) continue;
    if (filter.predicted !== null && predicted[row] !== filter.predicted) continue;
    if (confidences[row]! < low || (high < 1 && confidences[row]! > high)) continue;
    passing.push(row);
  }
  const values = {
    confidence: confidences,
    loss: block.losses,
    margin: block.margins,
    index: indices,
  }[sort];
  const sign = descending ? -1 : 1;
  passing.sort((a, b) => sign * (values[a]! - values[b]!) || indices[a]! - indices[b]!);
  return Int32Array.from(passing);
}
