import { expect, test } from "vitest";
import { ScrollScale } from "../src/widgets/misclassified_grid/scale";

test("a short list is scrolled as it is", () => {
  const scale = new ScrollScale(10_000);
  scale.resize(5_000, 400);
  expect(scale.height).toBe(5_000);
  expect(scale.scrolled(1_234)).toBe(1_234);
  expect([scale.top, scale.offset]).toEqual([1_234, 0]);
  expect(scale.moveTo(9_999)).toBe(4_600);
});

test("a long list is no taller than an element may be, and all of it can be reached", () => {
  const scale = new ScrollScale(10_000);
  scale.resize(1_000_000, 400);
  expect(scale.height).toBe(10_000);
  scale.scrolled(9_600); // the scroll bar dragged to its end
  expect(scale.top).toBe(999_600);
  scale.scrolled(0);
  expect(scale.top).toBe(0);
  scale.scrolled(4_800);
  expect(scale.top).toBe(499_800); // the middle
});

test("a wheel moves a long list as far as a short one, and leaves what is shown in its place", () => {
  const scale = new ScrollScale(100_000);
  scale.resize(1_000_000, 400);
  scale.moveTo(500_000);
  const { offset } = scale;
  const physical = 500_000 + offset;
  expect(scale.scrolled(physical + 120)).toBe(physical + 120);
  expect(scale.top).toBe(500_120);
  expect(scale.offset).toBe(offset);
  const before = scale.top;
  scale.settle(); // the scroll bar comes along, the list stays
  expect(scale.top).toBe(before);
});

test("small steps reach both ends", () => {
  const scale = new ScrollScale(100_000);
  scale.resize(1_000_000, 400);
  let physical = scale.moveTo(3_000);
  for (let step = 0; step < 40; step++) physical = scale.scrolled(Math.max(0, physical - 100));
  expect(scale.top).toBe(0);
  physical = scale.moveTo(999_600 - 3_000);
  for (let step = 0; step < 40; step++) {
    physical = scale.scrolled(Math.min(99_600, physical + 100));
  }
  expect(scale.top).toBe(999_600);
});

test("another width keeps the place", () => {
  const scale = new ScrollScale(1_000);
  scale.resize(1_000_000, 400);
  scale.moveTo(250_000);
  scale.resize(500_000, 400);
  expect(scale.top).toBe(250_000);
  expect(scale.resize(0, 400)).toBe(0);
  expect(scale.top).toBe(0);
});
