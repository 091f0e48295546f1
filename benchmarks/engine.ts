// What benchmarks/engine.py runs in the browser.

import { Descent } from "../js/src/engine/descent";
import { type Network, openNetwork, reconstruct as through } from "../js/src/engine/engine";
import { SLICE_MS, turn } from "../js/src/widgets/class_picker/run";

let network: Network;

/** Take a checkpoint, as base64. */
async function load(file: string): Promise<void> {
  const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
  network = await openNetwork(new DataView(bytes.buffer));
}

/** Milliseconds of each of these reconstructions. */
async function reconstruct(images: number[][]): Promise<number[]> {
  const pixels = images.map((image) => Float32Array.from(image));
  const times = [];
  for (const image of pixels) {
    const start = performance.now();
    const result = through(network, image);
    if (result instanceof Promise) await result;
    times.push(performance.now() - start);
  }
  return times.slice(times.length / 4); // the first ones are compiled on the way
}

/** A latent optimization of nine classes, in slices: its compute, each slice, and the page's gaps. */
async function optimize(steps: number) {
  const start = Array.from({ length: 9 }, () => new Float32Array(network.codeSize));
  const classes = (await network.classify(start[0]!)).length;
  const targets = Array.from({ length: 9 }, (_, k) =>
    Float32Array.from({ length: classes }, (_, i) => Number(i === k)),
  );
  const gaps: number[] = [];
  let [last, watching] = [performance.now(), true];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    gaps.push(performance.now() - last);
    last = performance.now();
    if (watching) port2.postMessage(0);
  };
  port2.postMessage(0);
  const descent = await Descent.begin(network, targets, start, { learningRate: 1, steps });
  const slices: number[] = [];
  while (!descent.atEnd) {
    const begin = performance.now();
    await descent.advance(SLICE_MS, steps);
    slices.push(performance.now() - begin);
    await turn();
  }
  watching = false;
  port1.close();
  const sure = descent.moment().probabilities.map((row, k) => row[k]!);
  return {
    compute: slices.reduce((sum, slice) => sum + slice, 0),
    slices,
    gap: Math.max(...gaps),
    confidence: Math.min(...sure),
  };
}

Object.assign(globalThis, { bench: { load, reconstruct, optimize } });
