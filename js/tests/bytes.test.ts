import { expect, test } from "vitest";
import { bytes, floats } from "../src/bytes";

test("floats survive the way there and back, wherever they lie in a message", () => {
  const values = Float32Array.of(0, 0.5, -1.25, 1e8);
  expect(floats(bytes(values))).toEqual(values);
  const shifted = new Uint8Array(17);
  shifted.set(new Uint8Array(values.buffer), 1);
  expect(floats(new DataView(shifted.buffer, 1))).toEqual(values);
  expect(floats(undefined)).toHaveLength(0);
});
