import { readFileSync } from "node:fs";
import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytes, floats } from "../src/bytes";
import { when } from "../src/engine/eventually";
import { Link, type WidgetTraits } from "../src/link";

interface Traits extends WidgetTraits {
  image: DataView;
  seen: DataView;
}

const weights = readFileSync(
  new URL("vectors/one-hidden-sigmoid.network.safetensors", import.meta.url),
);

/** A model whose messages are kept, and answered when the test says so. */
function wire(
  options: { engine?: string; weights?: boolean; live?: boolean; error?: string } = {},
) {
  const state: Record<string, unknown> = {
    _address: "me",
    _network_model: "IPY_MODEL_net",
    engine: options.engine ?? "auto",
    error: options.error ?? "",
  };
  const listeners: Record<string, (() => void)[]> = {};
  const sent: Record<string, unknown>[] = [];
  const on = (name: string, listener: () => void) => {
    listeners[name] = [...(listeners[name] ?? []), listener];
  };
  const off = (name: string, listener: () => void) => {
    listeners[name] = (listeners[name] ?? []).filter((other) => other !== listener);
  };
  const whole = { comm_live: options.live ?? true, on, off, get: (name: string) => state[name] };
  const bytesOf = { weights: new DataView(Uint8Array.from(weights).buffer) };
  const net = { on, off, get: (name: "weights") => bytesOf[name] };
  const found: Record<string, unknown> = { me: whole, net: options.weights === false ? null : net };
  const model = {
    get: (name: string) => state[name],
    set: (name: string, value: unknown) => change(name, value),
    on,
    save_changes: () => sent.push({ ...state }),
    widget_manager: { get_model: (id: string) => Promise.resolve(found[id]) },
  } as unknown as AnyModel<Traits>;
  const change = (name: string, value: unknown) => {
    state[name] = value;
    tell(`change:${name}`);
  };
  const tell = (event: string) => {
    for (const listener of listeners[event] ?? []) listener();
  };
  return {
    model,
    state,
    sent,
    /** How many listen to the whole models, of the widget and of its network. */
    listening: () =>
      ["comm_live_update", "change:weights"].map((event) => listeners[event]?.length ?? 0),
    train: (file: Uint8Array<ArrayBuffer>) => {
      bytesOf.weights = new DataView(file.buffer, file.byteOffset, file.length);
      tell("change:weights");
    },
    images: () => sent.map(({ image }) => floats(image as DataView)[0]),
    change,
    answer: (number: unknown = state._request) => change("_answered", number),
    setLive(live: boolean) {
      whole.comm_live = live;
      tell("comm_live_update");
    },
  };
}

/** A link that is ready, whose browser engine says the code of an image. */
async function linkTo(model: AnyModel<Traits>): Promise<Link<Traits>> {
  const link = new Link(model, (network, { image }) =>
    when(network.encode(floats(image)), (code) => ({ seen: bytes(code) })),
  );
  await vi.advanceTimersByTimeAsync(0);
  return link;
}

const image = (value: number) => () => ({ image: bytes(new Float32Array(30).fill(value)) });
const seen = (state: Record<string, unknown>) => floats(state.seen as DataView);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("one request is in flight, and the newest of those that wait goes next", async () => {
  const { model, sent, images, answer, state } = wire();
  const link = await linkTo(model);
  const states: string[] = [];
  link.status.subscribe(() => states.push(link.status.state));
  for (const value of [1, 2, 3]) link.ask(image(value));
  expect(images()).toEqual([1]);
  answer();
  expect(images()).toEqual([1, 3]);
  answer();
  expect(sent).toHaveLength(2);
  expect(states).toEqual(["idle", "busy", "busy", "idle"]);
  expect(link.status.engine).toBe("kernel");
  expect(state.seen).toBeUndefined(); // the kernel answers by itself
});

test("another page's answer is not ours", async () => {
  const { model, sent, state, answer } = wire();
  const link = await linkTo(model);
  link.ask(image(1), "image");
  link.ask(image(2), "image");
  answer((state._request as number) + 1);
  expect(sent).toHaveLength(1);
});

test("while the kernel is late the browser stands in, until nothing waits any more", async () => {
  const { model, state, images, answer } = wire();
  const link = await linkTo(model);
  link.ask(image(1), "image");
  expect(state.seen).toBeUndefined();
  vi.advanceTimersByTime(1000);
  expect(link.status.engine).toBe("browser");
  expect(link.status.message).toMatch(/busy/);
  const first = seen(state);
  expect(first).toHaveLength(7);
  link.ask(image(2), "image");
  const second = seen(state);
  expect(second).not.toEqual(first);
  state.seen = bytes(first); // the kernel's answer to what is no longer there …
  answer();
  expect(seen(state)).toEqual(second); // … does not stay
  expect(images()).toEqual([1, 2]);
  expect(link.status.engine).toBe("browser");
  answer();
  expect(link.status.engine).toBe("kernel");
  expect(link.status.message).toBe("");
});

test("when the kernel goes the browser goes on, and says that Python does not see it", async () => {
  const { model, state, images, answer, setLive } = wire();
  const link = await linkTo(model);
  link.ask(image(1), "image");
  setLive(false);
  expect(seen(state)).toHaveLength(7); // what was asked is answered at once
  expect(link.status.state).toBe("idle");
  expect(link.status.message).toMatch(/Python does not see/);
  link.ask(image(2), "image");
  expect(images()).toEqual([1]);
  setLive(true);
  expect(images()).toEqual([1, 2]); // Python hears what it missed
  answer();
  expect([link.status.engine, link.status.state]).toEqual(["kernel", "idle"]);
});

test("a page that never had a kernel is alive and says nothing", async () => {
  const { model, state, sent } = wire({ live: false });
  const link = await linkTo(model);
  link.ask(image(1), "image");
  expect(seen(state)).toHaveLength(7);
  expect(sent).toHaveLength(0);
  expect([link.status.engine, link.status.state, link.status.message]).toEqual([
    "browser",
    "idle",
    "",
  ]);
});

test("what a linked widget set is answered here, and by the kernel where there is one", async () => {
  const alone = wire({ live: false });
  (await linkTo(alone.model)).follow(image(1));
  expect(seen(alone.state)).toHaveLength(7);
  const served = wire();
  (await linkTo(served.model)).follow(image(1));
  expect(served.state.seen).toBeUndefined();
  expect(served.sent).toHaveLength(0);
});

test("what is older than this page's own is replaced by that, what is newer is heard", async () => {
  const { model, state, images, change, answer } = wire();
  const link = await linkTo(model);
  const heard: unknown[] = [];
  link.listen("image", (value) => heard.push(floats(value)[0]));
  change("image", image(1)().image);
  link.ask(image(2), "image");
  const first = state._request;
  change("image", image(1)().image); // a state fetched before the kernel got the request …
  answer();
  answer();
  link.ask(image(4), "image");
  answer();
  state._answered = first;
  change("image", image(2)().image); // … and one that comes even later
  expect(heard).toEqual([1]);
  expect(images()).toEqual([2, 2, 4, 4]);
  expect(floats(state.image as DataView)[0]).toBe(4);
  answer();
  change("image", image(3)().image);
  expect(heard).toEqual([1, 3]);
});

test("what the page asks for its own sake gives way to Python, a choice before it does not", async () => {
  const { model, images, change, answer, setLive } = wire();
  const link = await linkTo(model);
  const heard: unknown[] = [];
  link.listen("image", (value) => heard.push(floats(value)[0]));
  link.askAside(image(1));
  change("image", image(2)().image);
  expect(heard).toEqual([2]);
  answer();
  link.ask(image(3), "image");
  link.askAside(image(4));
  change("image", image(2)().image);
  expect(heard).toEqual([2]);
  answer();
  change("image", image(5)().image); // the choice is answered, what was asked after it is not
  expect(heard).toEqual([2, 5]);
  answer();
  // A choice that a lost kernel did not answer is one again when it is back; meanwhile links are heard.
  link.ask(image(6), "image");
  setLive(false);
  change("image", image(7)().image);
  expect(heard).toEqual([2, 5, 7]);
  setLive(true);
  change("image", image(2)().image);
  expect(heard).toEqual([2, 5, 7]);
  expect(images().at(-1)).toBe(6);
});

test("what waits until the kernel is done gives way to what Python sets meanwhile", async () => {
  const { model, sent, images, change, answer } = wire();
  const link = await linkTo(model);
  let shown = 1;
  link.listen("image", (value) => {
    shown = floats(value)[0]!;
  });
  link.askLater(() => image(shown)());
  expect(sent[0]).not.toHaveProperty("image");
  change("image", image(2)().image);
  answer();
  expect(images()[1]).toBe(2);
  answer();
  expect(sent).toHaveLength(2);
  const alone = wire({ live: false });
  (await linkTo(alone.model)).askLater(image(1));
  expect(seen(alone.state)).toHaveLength(7);
});

test("without kernel and weights nobody answers, and this is said", async () => {
  const { model } = wire({ live: false, weights: false });
  const link = await linkTo(model);
  expect(link.status.state).toBe("error");
  expect(link.status.message).toMatch(/no kernel.*weights/);
});

test("the kernel alone, if that is asked for", async () => {
  const { model, state, setLive, change } = wire({ engine: "kernel" });
  const link = await linkTo(model);
  link.ask(image(1), "image");
  vi.advanceTimersByTime(5000);
  expect(link.status.engine).toBe("kernel");
  expect(link.status.message).toMatch(/busy/);
  setLive(false);
  expect(state.seen).toBeUndefined();
  expect(link.status.message).toMatch(/no kernel/);
  change("engine", "auto");
  expect(link.status.state).toBe("idle");
});

test("the browser, if that is asked for, and Python is told too", async () => {
  const { model, state, images, answer } = wire({ engine: "browser" });
  const link = await linkTo(model);
  for (const value of [1, 2, 3]) link.ask(image(value));
  expect(seen(state)).toHaveLength(7);
  expect(link.status.state).toBe("idle");
  expect(images()).toEqual([1]);
  answer();
  expect(images()).toEqual([1, 3]);
});

test("an error in the browser is said, and the next answer takes it back", async () => {
  const { model, state } = wire({ live: false });
  const link = await linkTo(model);
  link.ask(() => {
    throw new Error("no more ink");
  });
  expect(link.status.state).toBe("error");
  expect(link.status.message).toMatch(/no more ink/);
  link.ask(image(1), "image");
  expect(link.status.state).toBe("idle");
  expect(seen(state)).toHaveLength(7);
});

test("an error in the kernel is said as long as there is one", async () => {
  const { model, change, setLive } = wire();
  const link = await linkTo(model);
  link.ask(image(1), "image");
  change("error", "RuntimeError: no more ink");
  expect(link.status.message).toMatch(/no more ink/);
  setLive(false);
  expect([link.status.state, link.status.message]).toEqual(["idle", expect.stringMatching(/gone/)]);
  link.ask(image(2), "image");
  expect(link.status.state).toBe("idle");
});

test("an error in the kernel is said long enough to be read, though the next answer goes well", async () => {
  const { model, change } = wire();
  const link = await linkTo(model);
  change("error", "RuntimeError: no more ink");
  vi.advanceTimersByTime(100);
  change("error", "");
  vi.advanceTimersByTime(3800);
  expect(link.status.message).toMatch(/no more ink/);
  change("error", "RuntimeError: no paper");
  change("error", "");
  expect(link.status.message).toMatch(/no paper/);
  vi.advanceTimersByTime(3999);
  expect(link.status.state).toBe("error");
  vi.advanceTimersByTime(1);
  expect([link.status.state, link.status.message]).toEqual(["idle", ""]);
});

test("an error that was saved with a notebook is not said where there is no kernel", async () => {
  const { model } = wire({ live: false, error: "RuntimeError: no more ink" });
  const link = await linkTo(model);
  expect([link.status.state, link.status.message]).toEqual(["idle", ""]);
});

test("of what a person did not choose, Python is heard while they go on", async () => {
  const { model, state, images, change, answer } = wire();
  const link = await linkTo(model);
  const heard: unknown[] = [];
  const merged: unknown[] = [];
  const first = (value: DataView) => floats(value)[0];
  link.listen("seen", (value) => heard.push(first(value)));
  link.listen(
    "image",
    (value) => heard.push(first(value)),
    (value) => merged.push(first(value)),
  );
  link.ask(image(1), "image");
  link.ask(image(2), "image");
  change("seen", image(7)().image);
  change("image", image(8)().image);
  expect([heard, merged]).toEqual([[7], [8]]);
  answer();
  answer();
  expect(images()).toEqual([1, 2]);
  expect(first(state.image as DataView)).toBe(2);
  change("image", image(9)().image);
  expect(heard).toEqual([7, 9]);
});

test("what listens to whole models is taken back when it is closed", async () => {
  const { model, listening, setLive, state } = wire();
  const link = await linkTo(model);
  expect(listening()).toEqual([1, 1]);
  link.close();
  expect(listening()).toEqual([0, 0]);
  setLive(false);
  expect(state.seen).toBeUndefined();
  const early = wire();
  new Link(early.model, () => ({})).close(); // before its models are there
  await vi.advanceTimersByTimeAsync(0);
  expect(early.listening()).toEqual([0, 0]);
});

test("new weights are answered with, and what cannot be run is said", async () => {
  const { model, state, train } = wire({ live: false });
  const link = await linkTo(model);
  link.ask(image(1), "image");
  const before = seen(state);
  const trained = Uint8Array.from(weights);
  const header = 8 + Number(new DataView(trained.buffer).getBigUint64(0, true));
  for (let at = header + 3; at < trained.length; at += 4) trained[at]! ^= 0x80; // their signs
  train(trained);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen(state)).not.toEqual(before);
  train(new Uint8Array(0));
  await vi.advanceTimersByTimeAsync(0);
  expect(link.status.state).toBe("error");
  expect(link.status.message).toMatch(/There is no kernel/);
});

test("of answers that take a while one is worked out at a time, and the newest waits", async () => {
  const { model, state } = wire({ live: false });
  const asked: number[] = [];
  const link = new Link(model, async (_network, { image }) => {
    const [first] = floats(image);
    asked.push(first!);
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (first === 3) throw new Error("out of memory");
    return { seen: bytes(Float32Array.of(10 * first!)) };
  });
  await vi.advanceTimersByTimeAsync(0);
  for (const value of [1, 2, 4]) link.ask(image(value));
  expect(asked).toEqual([1]);
  await vi.advanceTimersByTimeAsync(100);
  expect([asked, seen(state)[0]]).toEqual([[1, 4], 10]);
  await vi.advanceTimersByTimeAsync(100);
  expect(seen(state)[0]).toBe(40);
  link.ask(image(3));
  await vi.advanceTimersByTimeAsync(100);
  expect(link.status.message).toMatch(/out of memory/);
  link.ask(image(5));
  await vi.advanceTimersByTimeAsync(100);
  expect([link.status.state, seen(state)[0]]).toEqual(["idle", 50]);
});

test("a notice is shown while nothing else is to be said", async () => {
  const { model, change } = wire();
  const link = await linkTo(model);
  change("notice", "The network has been trained on.");
  expect([link.status.state, link.status.message]).toEqual([
    "idle",
    "The network has been trained on.",
  ]);
  change("error", "RuntimeError: no more ink");
  expect(link.status.message).toMatch(/no more ink/);
});
