// Pages load the widgets' styles in any order: each stays within its own root.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../src/", import.meta.url);
const BASE = "styles/base.css";
const files = readdirSync(new URL("widgets/", FOLDER))
  .filter((folder) => folder !== "parts")
  .map((folder) => `widgets/${folder}/style.css`);

const read = (file: string) => readFileSync(new URL(file, FOLDER), "utf8");

test("every widget has styles", () => {
  expect(files.length).toBeGreaterThanOrEqual(4);
});

test.each(files)("%s reaches only its own widget", (file) => {
  const css = read(file).replace(/\/\*.*?\*\//gs, "");
  const outermost = css.match(/^[^\s}].*$/gm);
  const root = file.split("/")[1]!.replaceAll("_", "-");
  expect(outermost).toEqual(['@import "../../styles/base.css";', `.iv-${root} {`]);
});

// JupyterLab's --jp-brand-color1 in its light and its dark theme.
test.each(["#1976d2", "#2196f3"])("white text is readable on the ground of %s", (accent) => {
  const share = Number(/--iv-accent-ground:.* (\d+)%, #000\)/.exec(read(BASE))![1]) / 100;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const level = (share * Number.parseInt(accent.slice(at, at + 2), 16)) / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  expect(1.05 / (luminance + 0.05)).toBeGreaterThan(4.5);
});

test("white text stands on nothing but that ground", () => {
  for (const file of [BASE, ...files]) {
    for (const rule of read(file).match(/[^{}]*color: #fff[^{}]*/g) ?? []) {
      expect(rule).toContain("background: var(--iv-accent-ground)");
    }
  }
});

test("nothing is blended or filtered, and pictures keep their corners", () => {
  for (const file of [BASE, ...files]) {
    expect(read(file)).not.toMatch(/blend-mode|filter:/);
    for (const [rule] of read(file).matchAll(/[^{}]*\.iv-(picture|frame|surface)[^{}]*\{[^{}]*/g)) {
      expect(rule).not.toMatch(/border-radius|overflow|clip-path/);
    }
  }
});
