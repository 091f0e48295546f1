// The generated pictures: one a code, one of them chosen.

import { h, setText } from "../../dom";
import type { Vector } from "../../engine/matrices";
import type { Shape } from "../../pixels/normalize";
import { paintGrey } from "../../pixels/paint";

export interface Generated {
  image: Vector;
  /** What was asked for. */
  name: string;
  /** How sure the network is of the code, written out. */
  confidence: string;
}

/** A grid of pictures, each a button that chooses it; one alone is simply shown. */
export class Pictures {
  readonly element = h("div", {
    class: "iv-generated",
    role: "group",
    "aria-label": "Generated pictures",
  });
  private tiles: { tile: HTMLButtonElement; canvas: HTMLCanvasElement; text: HTMLElement }[] = [];

  constructor(
    private readonly shape: Shape,
    private readonly onChoose: (index: number) => void,
  ) {}

  show(pictures: readonly Generated[], chosen: number): void {
    if (pictures.length !== this.tiles.length) this.build(pictures.length);
    pictures.forEach(({ image, name, confidence }, i) => {
      const { tile, canvas, text } = this.tiles[i]!;
      paintGrey(canvas, image, this.shape);
      setText(text, `${name} · ${confidence.replaceAll(" ", "\u00a0")}`); // kept on one line
      canvas.setAttribute("aria-label", `Generated picture of ${name}`);
      tile.title = `${name}, ${confidence}`;
      tile.setAttribute("aria-pressed", String(i === chosen));
    });
  }

  private build(count: number): void {
    this.tiles = Array.from({ length: count }, (_, index) => {
      const canvas = h("canvas", { class: "iv-picture", "data-part": "generated", role: "img" });
      const text = h("span", { class: "iv-tile-text" });
      const tile = h(
        "button",
        {
          ...{ type: "button", class: "iv-tile", "data-part": "sample", "data-index": index },
          onclick: () => this.onChoose(index),
          onkeydown: (event: KeyboardEvent) => this.key(event, index),
        },
        canvas,
        text,
      );
      return { tile, canvas, text };
    });
    this.element.classList.toggle("iv-alone", count === 1);
    this.element.replaceChildren(...this.tiles.map(({ tile }) => tile));
  }

  private key(event: KeyboardEvent, index: number): void {
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const tile = this.tiles[index + (move ?? 0)]?.tile;
    if (!move || !tile) return;
    event.preventDefault();
    tile.focus();
    tile.click();
  }
}
