// What benchmarks/engine.py runs in the browser.

import { Network } from "../js/src/engine/network";
import { Optimization } from "../js/src/engine/optimization";
import { SLICE_MS, turn } from "../js/src/widgets/class_picker/slices";

let network: Network;

/** Take a checkpoint, as base64. */
function load(file: string): void {
  const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
  network = new Network(new DataView(bytes.buffer));
}

/** Milliseconds of each of these reconstructions. */
function reconstruct(images: number[][]): number[] {
  const pixels = images.map((image) => Float32Array.from(image));
  const times = pixels.map((image) => {
    const start = performance.now();
    network.reconstruct(image);
    return performance.now() - start;
  });
  return times.slice(times.length / 4); // the first ones are compiled on the way
}

/** A latent optimization of nine classes, in slices: its compute, each slice, and the page's gaps. */
async function optimize(steps: number) {
  const targets = Array.from({ length: 9 }, (_, k) =>
    Float32Array.from({ length: network.output.b.length }, (_, i) => Number(i === k)),
  );
  const start = targets.map(() => new Float32Array(network.codeSize));
  const gaps: number[] = [];
  let [last, watching] = [performance.now(), true];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    gaps.push(performance.now() - last);
    last = performance.now();
    if (watching) port2.postMessage(0);
  };
  port2.postMessage(0);
  const optimization = new Optimization(network, targets, start, { learningRate: 1, steps });
  const slices: number[] = [];
  while (!optimization.atEnd) {
    const begin = performance.now();
    optimization.advance(SLICE_MS, steps);
    slices.push(performance.now() - begin);
    await turn();
  }
  watching = false;
  port1.close();
  const sure = optimization.moment().probabilities.map((found, k) => found[k]!);
  return {
    compute: slices.reduce((sum, slice) => sum + slice, 0),
    slices,
    gap: Math.max(...gaps),
    confidence: Math.min(...sure),
  };
}

Object.assign(globalThis, { bench: { load, reconstruct, optimize } });
