import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytes, floats, KernelLink, type WidgetTraits } from "../src/transport";

interface Traits extends WidgetTraits {
  image: number;
}

/** A model whose messages are kept, and answered when the test says so. */
function wire() {
  const state: Record<string, unknown> = {};
  const listeners: Record<string, () => void> = {};
  const sent: Record<string, unknown>[] = [];
  const whole = { comm_live: true };
  const model = {
    get: (name: string) => state[name],
    set: (name: string, value: unknown) => {
      state[name] = value;
    },
    on: (name: string, listener: () => void) => {
      listeners[name] = listener;
    },
    save_changes: () => sent.push({ ...state }),
    widget_manager: { get_model: () => Promise.resolve(whole) },
  } as unknown as AnyModel<Traits>;
  const answer = (number: unknown) => {
    state.answered = number;
    listeners["change:answered"]?.();
  };
  const setLive = async (live: boolean) => {
    whole.comm_live = live;
    listeners.comm_live_update?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { model, sent, answer, setLive };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("one request is in flight, and the newest of those that wait goes next", () => {
  const { model, sent, answer } = wire();
  const requests = new KernelLink(model);
  const states: string[] = [];
  requests.status.subscribe(() => states.push(requests.status.state));
  for (const image of [1, 2, 3]) requests.ask(() => ({ image }));
  expect(sent.map(({ image }) => image)).toEqual([1]);
  answer(sent[0]!.request);
  expect(sent.map(({ image }) => image)).toEqual([1, 3]);
  answer(sent[1]!.request);
  expect(sent).toHaveLength(2);
  expect(states).toEqual(["idle", "busy", "busy", "idle"]);
});

test("another page's answer is not ours", () => {
  const { model, sent, answer } = wire();
  const requests = new KernelLink(model);
  requests.ask(() => ({ image: 1 }));
  requests.ask(() => ({ image: 2 }));
  answer((sent[0]!.request as number) + 1);
  expect(sent).toHaveLength(1);
});

test("ten seconds without an answer are said, and the answer still counts", () => {
  const { model, sent, answer } = wire();
  const requests = new KernelLink(model);
  requests.ask(() => ({ image: 1 }));
  expect(requests.status.message).toBe("");
  vi.advanceTimersByTime(10_000);
  expect(requests.status.message).toMatch(/busy/);
  answer(sent[0]!.request);
  expect(requests.status.message).toBe("");
});

test("without a kernel nothing is sent, and this is said; with one again, asking goes on", async () => {
  const { model, sent, setLive } = wire();
  const requests = new KernelLink(model);
  requests.ask(() => ({ image: 1 }));
  requests.ask(() => ({ image: 2 }));
  await setLive(false);
  expect(requests.status.state).toBe("error");
  expect(requests.status.message).toMatch(/no kernel/);
  let made = false;
  requests.ask(() => {
    made = true;
    return { image: 3 };
  });
  expect(made).toBe(true);
  expect(sent).toHaveLength(1);
  await setLive(true);
  requests.ask(() => ({ image: 4 }));
  expect(sent.map(({ image }) => image)).toEqual([1, 4]);
});

test("floats survive the way there and back, wherever they lie in a message", () => {
  const values = Float32Array.of(0, 0.5, -1.25, 1e8);
  expect(floats(bytes(values))).toEqual(values);
  const shifted = new Uint8Array(17);
  shifted.set(new Uint8Array(values.buffer), 1);
  expect(floats(new DataView(shifted.buffer, 1))).toEqual(values);
  expect(floats(undefined)).toHaveLength(0);
});
