import { expect, test } from "vitest";
import { greyLevel } from "../src/pixels/paint";
import { percent } from "../src/widgets/parts/probabilities";

test("levels are rounded, and what overshoots is cut", () => {
  expect([-0.2, 0, 0.5, 1, 1.3].map(greyLevel)).toEqual([0, 0, 128, 255, 255]);
});

test("percentages never claim certainty that is not there", () => {
  expect([0, 1e-6, 0.1234, 0.9931, 0.99999, 1].map(percent)).toEqual([
    "0.0 %",
    "< 0.1 %",
    "12.3 %",
    "99.3 %",
    "> 99.9 %",
    "100.0 %",
  ]);
});
