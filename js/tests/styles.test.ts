import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../src/styles/", import.meta.url);

function classes(file: string): Set<string> {
  return new Set(readFileSync(new URL(file, FOLDER), "utf8").match(/\.iv-[\w-]+/g));
}

test("two widgets on one page style no class of each other's", () => {
  const shared = classes("base.css");
  const owners = new Map<string, string>();
  for (const file of readdirSync(FOLDER).filter((name) => name !== "base.css")) {
    for (const name of classes(file)) {
      if (shared.has(name)) continue;
      expect(`${name} is styled by ${owners.get(name) ?? file}`).toBe(
        `${name} is styled by ${file}`,
      );
      owners.set(name, file);
    }
  }
});
