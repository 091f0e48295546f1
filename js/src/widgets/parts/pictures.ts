// Pictures and what is written above them.

import { h } from "../../dom";
import type { Shape } from "../../pixels/normalize";

/** A canvas for an image, as large as its place; `name` is read out. */
export function picture(part: string, name: string): HTMLCanvasElement {
  return h("canvas", { class: "iv-picture", "data-part": part, role: "img", "aria-label": name });
}

/** A box of an image's shape around what shows it. */
export function framed(className: string, [rows, columns]: Shape, ...shown: Node[]): HTMLElement {
  return h("div", { class: className, style: `--iv-ratio: ${columns} / ${rows}` }, ...shown);
}

export function caption(text: string): HTMLElement {
  return h("figcaption", { class: "iv-caption" }, text);
}
