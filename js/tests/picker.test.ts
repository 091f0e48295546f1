// A class picker's runs in the page itself, without a browser around: the model and its messages.

import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { floats } from "../src/bytes";
import { rowsOf, shaped } from "../src/shaped";
import type { Model } from "../src/widgets/class_picker/model";
import { Session } from "../src/widgets/class_picker/session";

const weights = readFileSync(new URL("vectors/pretrained.network.safetensors", import.meta.url));
const nothing = { shape: [0], data: new DataView(new ArrayBuffer(0)) };

/** A picker's model, with a kernel behind it that answers nothing, or none. */
function picker(live: boolean, settings: Record<string, unknown> = {}) {
  const state: Record<string, unknown> = {
    ...{ _address: "me", _network_model: "IPY_MODEL_net", engine: "auto", error: "" },
    ...{ class_names: [..."0123456789"], image_shape: [28, 28], classes: [7], steps: 300 },
    ...{ prior: "none", _fitted_priors: {} },
    ...{ learning_rate: 1, start: "zeros", digit: 0, samples: 1, seed: 0, chosen: 0, position: 0 },
    ...{ running: false, step: 0, codes: nothing, probabilities: nothing, images: nothing },
    ...{ trajectory: nothing, recorded: [], curves: nothing, targets: nothing, _command: [0, ""] },
    ...{ _digits: new DataView(new ArrayBuffer(0)), mean_code: new DataView(new ArrayBuffer(0)) },
    ...settings,
  };
  const listeners: Record<string, ((message?: unknown) => void)[]> = {};
  const sent: Record<string, unknown>[] = [];
  const messages: unknown[] = [];
  const on = (name: string, listener: (message?: unknown) => void) => {
    listeners[name] = [...(listeners[name] ?? []), listener];
  };
  const tell = (event: string, message?: unknown) => {
    for (const listener of listeners[event] ?? []) listener(message);
  };
  const whole = { comm_live: live, on };
  const net = { on, get: () => new DataView(weights.buffer, weights.byteOffset, weights.length) };
  const model = {
    get: (name: string) => state[name],
    set(name: string, value: unknown) {
      const changed = state[name] !== value;
      state[name] = value;
      if (changed) tell(`change:${name}`);
    },
    on,
    save_changes: () => sent.push({ ...state }),
    send: (message: unknown) => messages.push(message),
    widget_manager: { get_model: async (id: string) => (id === "me" ? whole : net) },
  } as unknown as Model;
  const kernelSays = (changes: Record<string, unknown>) => {
    Object.assign(state, changes);
    for (const name of Object.keys(changes)) tell(`change:${name}`);
  };
  const kernelStops = () => {
    tell("msg:custom", { stop: true });
    kernelSays({ running: false });
  };
  const kill = () => {
    whole.comm_live = false;
    tell("comm_live_update");
  };
  const session = new Session(model);
  const ready = () => vi.waitFor(() => expect(session.link.network).toBeDefined());
  const ended = () => vi.waitFor(() => expect(state.running).toBe(false), { timeout: 20_000 });
  return { state, sent, messages, session, model, kernelSays, kernelStops, kill, ready, ended };
}

const commands = (sent: Record<string, unknown>[]) =>
  sent.map(({ _command }) => (_command as string[])[1]);

test("without a kernel it runs here, stops, resumes, and the scrubber moves", async () => {
  const { state, session, ready, ended } = picker(false, { steps: 20_000 });
  await ready();
  session.press("run");
  expect(state.running).toBe(true);
  expect(session.link.status.state).toBe("busy");
  await vi.waitFor(() => expect(state.step).toBeGreaterThan(500), { timeout: 20_000 });
  session.press("stop");
  await ended();
  const stopped = state.step as number;
  expect(stopped).toBeLessThan(20_000);
  state.steps = stopped + 100;
  session.press("resume");
  await ended();
  expect(state.step).toBe(stopped + 100);
  expect((state.recorded as number[]).at(-1)).toBe(stopped + 100);
  const [found] = rowsOf(state.probabilities as never);
  expect(found![7]).toBeGreaterThan(0.98);
  session.lookAt({ position: 0 });
  expect(Math.max(...floats(state.code as DataView).map(Math.abs))).toBe(0);
});

test("where the page runs and a kernel listens, Python is told to adopt, never to run", async () => {
  const { state, sent, session, ready, ended } = picker(true, { engine: "browser", steps: 50 });
  await ready();
  session.press("run");
  await ended();
  expect(new Set(commands(sent))).toEqual(new Set(["adopt"]));
  expect(state.step).toBe(50);
  expect(rowsOf(state.images as never)[0]).toHaveLength(784);
});

test("the kernel is asked where it answers; where it dies on the way, the page goes on", async () => {
  const { state, sent, session, kernelSays, kill, ready, ended } = picker(true);
  await ready();
  session.press("run");
  expect(commands(sent)).toEqual(["run"]);
  const target = Float32Array.from({ length: 10 }, (_, k) => Number(k === 7));
  const code = Float32Array.from({ length: 100 }, (_, j) => Math.sin(j));
  kernelSays({
    ...{ targets: shaped([target], 10), codes: shaped([code], 100), running: true, step: 40 },
    ...{ probabilities: shaped([new Float32Array(10)], 10), images: shaped([code], 10, 10) },
    _answered: state._request,
  });
  expect(session.link.status.state).toBe("busy");
  kill();
  await ended();
  expect(state.step).toBe(300);
  expect(session.link.status.message).toContain("Your browser goes on");
  expect((state.recorded as number[])[0]).toBe(40);
  expect(rowsOf(state.trajectory as never)[0]).toEqual(code);
});

test("an answer is of the code that is looked at, or of an older choice", async () => {
  const codes = [1, 2].map((value) => new Float32Array(100).fill(value));
  const way = floats(
    shaped([...codes.map((code) => code.map((value) => -value)), ...codes], 100).data,
  );
  const { session, kernelSays, ready } = picker(true, {
    ...{ codes: shaped(codes, 100), code: shaped([codes[0]!], 100).data },
    ...{ trajectory: shaped([way.subarray(0, 200), way.subarray(200)], 2, 100), position: 1 },
  });
  await ready();
  expect(session.isAnswered).toBe(true);
  session.lookAt({ chosen: 1 });
  expect(session.isAnswered).toBe(false);
  kernelSays({ code: shaped([codes[1]!], 100).data });
  expect(session.isAnswered).toBe(true);
  session.lookAt({ position: 0 });
  expect(session.isAnswered).toBe(false);
  kernelSays({ code: shaped([way.subarray(100, 200)], 100).data });
  expect(session.isAnswered).toBe(true);
});

test("what cannot be run is said, and the next run works", async () => {
  const { state, session, model, ready, ended } = picker(false, { classes: [], steps: 20 });
  await ready();
  session.press("run");
  expect(session.link.status.message).toContain("pick a class");
  model.set("classes", [1]);
  session.press("run");
  expect(session.link.status.state).toBe("busy");
  await ended();
  expect(session.link.status.message).toBe("");
  expect(state.step).toBe(20);
});

test("Python stops a run of the page; where none is, a later run of its own goes on", async () => {
  const { state, session, kernelSays, kernelStops, ready, ended } = picker(true, {
    ...{ engine: "browser", steps: 20_000 },
  });
  await ready();
  session.press("run");
  await vi.waitFor(() => expect(state.step).toBeGreaterThan(500), { timeout: 20_000 });
  kernelStops();
  await vi.waitFor(() => expect(state.recorded).not.toEqual([]), { timeout: 20_000 });
  await ended();
  expect(state.step).toBeLessThan(20_000);
  kernelSays({ _answered: state._request });
  kernelSays({ _answered: state._request }); // of the last report, too

  kernelStops(); // such as for a page that is closed
  kernelSays({ running: true, step: 40 });
  session.lookAt({ position: 0 });
  kernelSays({ _answered: state._request });
  expect(state.running).toBe(true);
});

test("the kernel hears which of its steps are here, and waits with the next ones meanwhile", async () => {
  const { messages, kernelSays, kill, ready } = picker(true);
  await ready();
  for (const step of [0, 40]) kernelSays({ running: true, step });
  expect(messages).toEqual([{ seen: 0 }, { seen: 40 }]);
  kill();
  kernelSays({ step: 80 });
  expect(messages.length).toBe(2);
});
