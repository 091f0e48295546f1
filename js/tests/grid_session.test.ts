import { readFileSync } from "node:fs";
import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytes, integers } from "../src/bytes";
import type { Traits } from "../src/widgets/misclassified_grid/model";
import { Session } from "../src/widgets/misclassified_grid/session";
import type { Viewer } from "../src/widgets/misclassified_grid/views";

const PIXELS = 30;
const weights = readFileSync(
  new URL("vectors/one-hidden-sigmoid.network.safetensors", import.meta.url),
);

/** Samples [start, stop) in the order of their indices, as Python packs them. */
function pack(version: number, start: number, stop: number, length: number): DataView {
  const n = stop - start;
  const buffer = new ArrayBuffer(20 + (20 + PIXELS) * n);
  new Int32Array(buffer, 0, 5).set([version, start, length, n, 1]);
  new Int32Array(buffer, 20, n).set(Array.from({ length: n }, (_, row) => start + row));
  new Float32Array(buffer, 20 + 4 * n, n).fill(0.5);
  return new DataView(buffer);
}

/** A grid of 1,000 samples of which the page carries some; the kernel answers when the test does. */
async function grid(carried: number) {
  const state: Record<string, unknown> = {
    ...{ _address: "me", _network_model: "IPY_MODEL_net", engine: "auto", error: "" },
    ...{ image_shape: [5, 6], total: 1000, current: -1, _top: 0, _place: [-1, -1], _stale: false },
    filter: { misclassified: false, true: null, predicted: null, confidence: [0, 1] },
    ...{ sort: "index", descending: false },
    _carried: pack(0, 0, carried, carried),
    _block: pack(1, 0, 128, 1000),
  };
  const listeners: Record<string, (() => void)[]> = {};
  const on = (name: string, listener: () => void) => {
    listeners[name] = [...(listeners[name] ?? []), listener];
  };
  const tell = (event: string) => {
    for (const listener of listeners[event] ?? []) listener();
  };
  const set = (name: string, value: unknown) => {
    state[name] = value;
    tell(`change:${name}`);
  };
  const whole = { comm_live: true, on, get: (name: string) => state[name] };
  const net = { on, get: () => new DataView(weights.buffer, weights.byteOffset, weights.length) };
  const session = new Session({
    ...{ get: (name: string) => state[name], set, on, save_changes: () => {} },
    widget_manager: { get_model: async (id: string) => (id === "me" ? whole : net) },
  } as unknown as AnyModel<Traits>);
  await vi.advanceTimersByTimeAsync(0);
  return {
    session,
    state,
    set,
    answer: () => set("_answered", state._request),
    die() {
      whole.comm_live = false;
      tell("comm_live_update");
    },
    mend() {
      whole.comm_live = true;
      tell("comm_live_update");
    },
    /** Whether samples are selected, by their positions. */
    selected: (...positions: number[]) =>
      positions.map((at) => session.selection.has(at, at, session.source.version)),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a busy kernel's rows are not replaced by fewer", async () => {
  const { session, answer, set, selected, die } = await grid(50);
  session.select((selection) => selection.extend(session.source, 2, 999, false));
  await vi.advanceTimersByTimeAsync(2000);
  expect(session.link.status.engine).toBe("browser");
  expect([session.source.length, session.carries]).toEqual([1000, undefined]);
  expect(selected(1, 2, 999)).toEqual([false, true, true]);
  // Another order it has not: the page shows what it carries of that.
  session.choose({ descending: true });
  expect([session.source.length, session.carries]).toEqual([50, 50]);
  session.choose({ descending: false });
  expect(session.source.length).toBe(1000);
  answer();
  set("_picked", session.selection.number);
  expect(session.source.length).toBe(1000);
  die();
  expect(session.source.length).toBe(50);
});

test("a page that carries all shows them while the kernel is busy, the selection too", async () => {
  const { session, answer, selected } = await grid(1000);
  session.select((selection) => selection.extend(session.source, 2, 999, false));
  await vi.advanceTimersByTimeAsync(2000);
  expect([session.source.length, session.carries]).toEqual([1000, 1000]);
  expect(session.source.sample(999)?.index).toBe(999);
  expect(selected(1, 2, 999)).toEqual([false, true, true]);
  answer();
  expect(session.carries).toBeUndefined();
  expect(selected(1, 2, 999)).toEqual([false, true, true]);
});

test("what a person chose outlives the older state that a mended connection brings", async () => {
  const { session, state, answer, set, die, mend } = await grid(50);
  const old = state.filter;
  die();
  session.choose({ filter: { true: 0 } });
  session.goTo(7);
  mend();
  set("filter", old);
  set("current", -1);
  expect([session.order.filter.true, session.current]).toEqual([0, 7]);
  answer();
  answer();
  expect(state).toMatchObject({ filter: { true: 0 }, current: 7 });
  // Once that is answered, Python is followed again.
  set("filter", old);
  set("current", 3);
  expect([session.order.filter.true, session.current]).toEqual([null, 3]);
});

test("what a linked grid selects is followed, after a pick of one's own too", async () => {
  const { session, set, selected, die } = await grid(1000);
  const link = (...indices: number[]) => set("selected", bytes(Int32Array.from(indices)));
  link(3, 5);
  expect(selected(3, 4, 5)).toEqual([true, false, true]);
  session.select((selection) => selection.only(4));
  link(3, 5); // from before the pick: the kernel follows that first
  expect(selected(3, 4, 5)).toEqual([false, true, false]);
  die();
  link(5, 6);
  expect(selected(4, 5, 6)).toEqual([false, true, true]);
});

test("what is shown is carried along once the kernel has had a rest", async () => {
  const { session, state, set, answer } = await grid(50);
  const due = () => (state._query as Traits["_query"]).carry;
  session.choose({ filter: { true: 0 } });
  set("_stale", true);
  await vi.advanceTimersByTimeAsync(1500); // busy all the time …
  expect(session.link.status.engine).toBe("browser");
  await vi.advanceTimersByTimeAsync(1500);
  answer();
  await vi.advanceTimersByTimeAsync(1500); // … and at rest, until somebody scrolls
  session.goTo(7);
  answer();
  await vi.advanceTimersByTimeAsync(1500);
  expect(due()).toBe(false);
  await vi.advanceTimersByTimeAsync(500);
  expect(due()).toBe(true);
  set("_carried", pack(0, 0, 60, 60));
  set("_stale", false);
  answer();
  await vi.advanceTimersByTimeAsync(5000);
  session.goTo(8);
  expect(due()).toBe(false);
});

test.each([
  { view: "a view", visible: [3, 4, 5], close: false },
  { view: "a view that was closed meanwhile", visible: [], close: true },
])("Python hears of $visible from $view", async ({ visible, close }) => {
  const { session, state } = await grid(50);
  const viewer = viewOf(session, 3, 6);
  session.views.add(viewer);
  session.moved(viewer);
  if (close) session.left(viewer);
  await vi.advanceTimersByTimeAsync(1000);
  expect(state._request === undefined).toBe(close);
  expect(Array.from(integers(state.visible as DataView))).toEqual(visible);
});

test("Python hears of the view that is left when the one moved last is closed", async () => {
  const { session, state, answer } = await grid(50);
  const still = viewOf(session, 20, 22);
  const first = viewOf(session, 3, 6);
  const last = viewOf(session, 10, 12);
  for (const viewer of [still, first, last]) session.views.add(viewer);
  const visible = async () => {
    await vi.advanceTimersByTimeAsync(1000);
    answer();
    return Array.from(integers(state.visible as DataView));
  };
  for (const viewer of [still, first, last]) session.moved(viewer);
  session.moved(first);
  session.moved(last);
  expect(await visible()).toEqual([10, 11]);
  session.left(still);
  expect(await visible()).toEqual([10, 11]);
  session.left(last);
  expect(await visible()).toEqual([3, 4, 5]);
  expect(state._top).toBe(3);
});

test("each view is gone through once, though it moves while all are", async () => {
  const { session, set } = await grid(50);
  const views = [viewOf(session, 3, 6), viewOf(session, 10, 12)];
  for (const viewer of views) session.views.add(viewer);
  set("_block", pack(2, 0, 128, 1000));
  expect(views.map((viewer) => viewer.moves)).toEqual([1, 1]);
  set("_top", 5);
  expect(views.map((viewer) => viewer.moves)).toEqual([2, 2]);
});

test("rows that are placed are told of, but not as those of a view that a person moved", async () => {
  const { session, state, set, answer } = await grid(50);
  const [moved, other] = [viewOf(session, 200, 202), viewOf(session, 10, 12)];
  session.moved(other);
  session.moved(moved);
  await vi.advanceTimersByTimeAsync(500);
  set("_block", pack(1, 192, 256, 1000));
  answer();
  session.placed();
  await vi.advanceTimersByTimeAsync(1000);
  expect(Array.from(integers(state.visible as DataView))).toEqual([200, 201]);
});

test.each([
  { last: 5, picked: { base: [2, 3, 4, 5], range: null } },
  { last: 500, picked: { base: [], range: [1, 2, 500] } },
])("a range up to $last and a new order go out in one request", async ({ last, picked }) => {
  const { session, state, answer } = await grid(50);
  session.goTo(3);
  session.select((selection) => selection.extend(session.source, 2, last, false));
  session.choose({ descending: true });
  answer();
  const { base, range } = (state._query as Traits["_query"]).pick!;
  expect(state.descending).toBe(true);
  expect({ base: Array.from(integers(base)), range }).toEqual(picked);
});

/** A view in which these positions are seen; it counts how often it is sent to others. */
function viewOf(session: Session, first: number, last: number): Viewer & { moves: number } {
  const move = () => {
    viewer.moves += 1;
    if (viewer.moves > 9) throw new Error("moved for ever");
    session.moved(viewer);
  };
  const viewer: Viewer & { moves: number } = {
    moves: 0,
    range: () => [first, last],
    restart: move,
    reveal: move,
    repaint() {},
  };
  return viewer;
}
