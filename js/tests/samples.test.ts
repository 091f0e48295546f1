import { expect, test } from "vitest";
import { Block } from "../src/widgets/misclassified_grid/blocks";
import { type Filter, type Key, order } from "../src/widgets/misclassified_grid/filter";
import { Selection } from "../src/widgets/misclassified_grid/selection";
import { KernelSource, type Source } from "../src/widgets/misclassified_grid/sources";

interface Row {
  index: number;
  confidence: number;
  loss: number;
  margin: number;
  label: number;
  predicted: number;
}

/** A buffer as Python packs it, of pictures of two pixels. */
function pack(head: [number, number, number], rows: Row[], pictures = 1): DataView {
  const n = rows.length;
  const buffer = new ArrayBuffer(20 + 20 * n + 2 * pictures * n);
  new Int32Array(buffer, 0, 5).set([...head, n, pictures]);
  new Int32Array(buffer, 20, n).set(rows.map((row) => row.index));
  const floats = [
    ...rows.map((row) => row.confidence),
    ...rows.map((row) => row.loss),
    ...rows.map((row) => row.margin),
  ];
  new Float32Array(buffer, 20 + 4 * n, 3 * n).set(floats);
  const classes = [...rows.map((row) => row.label), ...rows.map((row) => row.predicted)];
  new Uint16Array(buffer, 20 + 16 * n, 2 * n).set(classes);
  const pixels = new Uint8Array(buffer, 20 + 20 * n);
  pixels.set(Array.from(pixels, (_, at) => at));
  return new DataView(buffer);
}

const row = (index: number, values: Partial<Row> = {}): Row => ({
  ...{ index, confidence: 0.5, loss: 1, margin: 0, label: 1, predicted: 2 },
  ...values,
});
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => row(from + i));
const EVERYTHING: Filter = {
  ...{ misclassified: false, true: null, predicted: null },
  confidence: [0, 1],
};

test("a block is read as Python packed it", () => {
  const packed = pack([3, 64, 100], [row(7, { confidence: 0.75, label: 9 }), row(8)], 2);
  const block = new Block(packed, 2);
  expect([block.version, block.start, block.length, block.rows]).toEqual([3, 64, 100, 2]);
  expect(block.sample(0)).toMatchObject({ index: 7, confidence: 0.75, label: 9, predicted: 2 });
  expect([...block.sample(1).pixels]).toEqual([2, 3]);
  expect([...block.sample(1).reconstruction!]).toEqual([6, 7]);
  const shifted = new Uint8Array(packed.byteLength + 1);
  shifted.set(new Uint8Array(packed.buffer), 1);
  const view = new DataView(shifted.buffer, 1);
  expect([...new Block(view, 2).sample(1).pixels]).toEqual([2, 3]);
  expect(new Block(undefined, 2).rows).toBe(0);
});

test("filters and sorts as Python does", () => {
  const block = new Block(
    pack(
      [0, 0, 4],
      [
        row(10, { confidence: 0.9, loss: 3 }),
        row(11, { confidence: 0.2, label: 2 }),
        row(12, { confidence: 0.9, label: 0 }),
        row(13, { confidence: 1, predicted: 1, margin: 0.5 }),
      ],
    ),
    2,
  );
  const found = (filter: Partial<Filter>, sort: Key = "confidence", descending = true) =>
    Array.from(
      order(block, { filter: { ...EVERYTHING, ...filter }, sort, descending }),
      (i) => 10 + i,
    );
  expect(found({})).toEqual([13, 10, 12, 11]);
  expect(found({}, "confidence", false)).toEqual([11, 10, 12, 13]);
  expect(found({ misclassified: true })).toEqual([10, 12]);
  expect(found({ true: 1 })).toEqual([13, 10]);
  expect(found({ predicted: 1 })).toEqual([13]);
  expect(found({ confidence: [0.2, 0.9] })).toEqual([10, 12, 11]); // float32's 0.2 and 0.9
  expect(Array.from(order(block, { filter: EVERYTHING, sort: "index", descending: true }))).toEqual(
    [3, 2, 1, 0],
  );
  expect(Array.from(order(block, { filter: EVERYTHING, sort: "loss", descending: true }))[0]).toBe(
    0,
  );
  expect(
    Array.from(order(block, { filter: EVERYTHING, sort: "margin", descending: true }))[0],
  ).toBe(3);
});

test("what the kernel sent is kept, and what is missing is asked for in whole steps", () => {
  const source = new KernelSource(new Block(pack([1, 0, 1000], rows(0, 128)), 2));
  expect(source.length).toBe(1000);
  expect(source.sample(100)?.index).toBe(100);
  expect(source.sample(128)).toBeUndefined();
  expect(source.missing(0, 128)).toBeNull();
  expect(source.missing(100, 130)).toEqual([128, 192]);
  expect(source.missing(0, 900)).toEqual([128, 256]); // no more than two steps at once
  expect(source.missing(980, 1100)).toEqual([960, 1000]);
  source.add(new Block(pack([1, 960, 1000], rows(960, 1000)), 2));
  expect(source.sample(999)?.index).toBe(999);
  expect(source.missing(980, 1100)).toBeNull();
});

test("a long way through a million samples does not fill the page", () => {
  const source = new KernelSource(new Block(pack([1, 0, 1e6], rows(0, 64)), 2));
  for (let start = 64; start < 64 * 200; start += 64) {
    expect(source.missing(0, 64)).toBeNull(); // what is looked at is kept
    source.add(new Block(pack([1, start, 1e6], rows(start, start + 64)), 2));
  }
  expect(source.sample(5)?.index).toBe(5);
  expect(source.sample(64)).toBeUndefined();
  expect(source.sample(64 * 199)?.index).toBe(64 * 199);
});

test("all that large views show is kept, and no longer once they are small again", () => {
  const source = new KernelSource(new Block(pack([1, 0, 1e6], rows(0, 64)), 2));
  const views: [number, number][] = [
    [0, 6400],
    [64_000, 70_400],
  ];
  source.fit(views);
  for (const [first, last] of views) {
    for (let start = first; start < last; start += 64) {
      source.add(new Block(pack([1, start, 1e6], rows(start, start + 64)), 2));
    }
  }
  expect(views.map((range) => source.missing(...range))).toEqual([null, null]);
  source.fit([[64_000, 64_128]]);
  expect(source.missing(64_000, 64_128)).toBeNull();
  source.add(new Block(pack([1, 128_000, 1e6], rows(128_000, 128_064)), 2));
  expect(source.missing(64_000, 64_128)).toBeNull();
  expect(source.missing(0, 64)).toEqual([0, 64]);
});

const source: Source = {
  version: 4,
  length: 10,
  sample: (position) =>
    position < 10 ? new Block(pack([4, 0, 10], [row(90 - position)]), 2).sample(0) : undefined,
};

test("selecting one, some, a range, and exceptions of it", () => {
  const selection = new Selection();
  const indices = () => [...selection.indices(source)];
  selection.only(85);
  expect(indices()).toEqual([85]);
  selection.toggle(88);
  selection.toggle(85);
  expect(indices()).toEqual([88]);
  expect(selection.size).toBe(1);
  selection.extend(source, 5, 2, false);
  expect(indices()).toEqual([85, 86, 87, 88]);
  expect(selection.size).toBe(4);
  selection.toggle(87);
  selection.toggle(10);
  expect(indices()).toEqual([10, 85, 86, 88]);
  expect(selection.has(86, 4, 4)).toBe(true);
  expect(selection.has(87, 3, 4)).toBe(false);
  expect(selection.has(86, 4, 5)).toBe(false); // positions of another order
  selection.extend(source, 9, 9, true);
  expect(indices()).toEqual([10, 81, 85, 86, 88]);
  selection.only();
  expect(indices()).toEqual([]);
});

test("a pick tells the kernel all, each under a new number", () => {
  const selection = new Selection();
  selection.only(3);
  const first = selection.pick;
  selection.extend(source, 0, 9, true);
  selection.toggle(90);
  const { number, base, range, toggles } = selection.pick;
  expect(number).toBeGreaterThan(first.number);
  expect([...new Int32Array(base.buffer as ArrayBuffer)]).toEqual([3]);
  expect([range, toggles]).toEqual([[4, 0, 9], [90]]);
  selection.adopt(Int32Array.of(9, 2));
  expect(selection.pick.range).toBeNull();
  expect(selection.pick.number).toBe(number);
  expect(selection.has(9, 0, 4)).toBe(true);
});

test("a range holds where the same rows come from elsewhere", () => {
  const at = (version: number): Source => ({
    ...{ version, length: 100 },
    sample: (position) => ({ index: position }) as never,
  });
  const selection = new Selection();
  selection.extend(at(4), 2, 5, false);
  const { number } = selection.pick;
  expect(selection.has(3, 3, -1)).toBe(false);
  selection.move(at(-1));
  expect([2, 3, 4, 5, 6].map((at) => selection.has(at, at, -1))).toEqual([
    ...[true, true, true, true, false],
  ]);
  expect(selection.pick).toMatchObject({ number, range: null });
});
