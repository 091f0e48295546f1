// Pages load the widgets' styles in any order: each stays within its own root.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../src/styles/", import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file !== "base.css");

test("every widget has styles", () => {
  expect(files.length).toBeGreaterThanOrEqual(4);
});

test.each(files)("%s reaches only its own widget", (file) => {
  const css = readFileSync(new URL(file, FOLDER), "utf8").replace(/\/\*.*?\*\//gs, "");
  const outermost = css.match(/^[^\s}].*$/gm);
  const root = file.replace(".css", "").replaceAll("_", "-");
  expect(outermost).toEqual(['@import "./base.css";', `.iv-${root} {`]);
});
