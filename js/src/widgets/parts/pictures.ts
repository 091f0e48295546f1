// Pictures and what is written above them.

import { h } from "../../dom";

/** A canvas for an image, as large as its place; `name` is read out. */
export function picture(part: string, name: string): HTMLCanvasElement {
  return h("canvas", { class: "iv-picture", "data-part": part, role: "img", "aria-label": name });
}

export function caption(text: string): HTMLElement {
  return h("figcaption", { class: "iv-caption" }, text);
}
