// Tiles: a sample beside its reconstruction, what it is and what it is taken for.

import { h, setText } from "../../dom";
import type { Shape } from "../../pixels/normalize";
import { paintLevels } from "../../pixels/paint";
import { percent } from "../parts/probabilities";
import type { Sample } from "./blocks";

/** What a tile shows besides its sample. */
export interface TileState {
  position: number;
  selected: boolean;
  current: boolean;
  /** Whether the Tab key reaches it. */
  tabbable: boolean;
}

interface Tile {
  element: HTMLElement;
  sample: HTMLCanvasElement;
  reconstruction: HTMLCanvasElement;
  taken: HTMLElement;
  confidence: HTMLElement;
  shown: number;
}

const NARROWEST = { pair: 138, flip: 92 };
const AROUND = 5; // a tile's padding and border
const CAPTION = { short: 24, long: 40 };
export const GAP = 6;

/** "9 taken for 4, 93.1 % sure" */
export function nameOf(sample: Sample, names: readonly string[]): string {
  const { label, predicted, confidence } = sample;
  const taken = label === predicted ? "recognized" : `taken for ${names[predicted]}`;
  return `${names[label]} ${taken}, ${percent(confidence)} sure`;
}

/** Fills the rows of the scroller with tiles. */
export class Tiles {
  private readonly tiles = new WeakMap<Element, Tile>();
  /** Names longer than a digit's get a line each. */
  private readonly caption: keyof typeof CAPTION;

  constructor(
    private readonly names: readonly string[],
    private readonly shape: Shape,
  ) {
    this.caption = names.some((name) => name.length > 2) ? "long" : "short";
  }

  /** How tiles fill a width: all of it, so that no gap grows. */
  layOut(width: number, flip: boolean): { across: number; height: number } {
    const [rows, columns] = this.shape;
    const least = flip ? NARROWEST.flip : NARROWEST.pair;
    const across = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
    const tile = (width - (across - 1) * GAP) / across;
    const picture = (tile - 2 * AROUND - (flip ? 0 : 2)) / (flip ? 1 : 2);
    const around = 2 * AROUND + CAPTION[this.caption];
    return { across, height: Math.round((picture * rows) / columns + around) + GAP };
  }

  /** Have a row's element hold these tiles; a sample that is on its way leaves a blank one. */
  fill(
    row: HTMLElement,
    samples: readonly (Sample | undefined)[],
    state: (column: number, sample: Sample | undefined) => TileState,
  ): void {
    while (row.children.length > samples.length) row.lastElementChild?.remove();
    while (row.children.length < samples.length) row.append(this.make().element);
    samples.forEach((sample, column) => {
      const tile = this.tiles.get(row.children[column]!)!;
      this.show(tile, sample, column, state(column, sample));
    });
  }

  private make(): Tile {
    const sample = h("canvas", {
      class: "iv-picture",
      "data-part": "sample",
      "aria-hidden": "true",
    });
    const reconstruction = h("canvas", {
      ...{ class: "iv-picture", "data-part": "reconstruction", "aria-hidden": "true" },
    });
    const taken = h("span", { class: "iv-taken" });
    const confidence = h("span", { class: "iv-sure" });
    const element = h(
      "div",
      { class: "iv-grid-tile", role: "gridcell", "data-part": "tile" },
      h("div", { class: "iv-grid-tile-pictures" }, sample, reconstruction),
      h("div", { class: `iv-grid-tile-caption iv-${this.caption}` }, taken, confidence),
    );
    const tile = { element, sample, reconstruction, taken, confidence, shown: -1 };
    this.tiles.set(element, tile);
    return tile;
  }

  private show(tile: Tile, sample: Sample | undefined, column: number, state: TileState): void {
    const { element } = tile;
    element.dataset.position = String(state.position);
    element.tabIndex = state.tabbable ? 0 : -1;
    element.setAttribute("aria-colindex", String(column + 1));
    element.setAttribute("aria-selected", String(state.selected));
    element.toggleAttribute("data-current", state.current);
    if (tile.shown === (sample?.index ?? -2)) return;
    tile.shown = sample?.index ?? -2;
    element.setAttribute("aria-busy", String(!sample));
    element.toggleAttribute("data-wrong", !!sample && sample.label !== sample.predicted);
    if (sample) this.paint(tile, sample);
    else this.blank(tile);
  }

  private paint(tile: Tile, sample: Sample): void {
    const { element, taken, confidence } = tile;
    const [label, predicted] = [this.names[sample.label]!, this.names[sample.predicted]!];
    const name = nameOf(sample, this.names);
    element.dataset.index = String(sample.index);
    element.setAttribute("aria-label", name);
    element.title =
      `Sample ${sample.index}: ${name}\n` +
      `loss ${sample.loss.toFixed(2)}, margin ${sample.margin.toFixed(2)}`;
    const right = sample.label === sample.predicted;
    const isFor = right ? " ✓" : h("span", { class: "iv-for" });
    taken.replaceChildren(
      h("span", { class: "iv-said" }, h("b", {}, label), isFor),
      ...(right ? [] : [h("b", { class: "iv-said" }, predicted)]),
    );
    setText(confidence, percent(sample.confidence));
    paintLevels(tile.sample, sample.pixels, this.shape);
    paintLevels(tile.reconstruction, sample.reconstruction ?? new Uint8Array(0), this.shape);
  }

  private blank({ element, taken, confidence, sample, reconstruction }: Tile): void {
    delete element.dataset.index;
    element.setAttribute("aria-label", "on its way");
    element.title = "";
    setText(taken, "…");
    setText(confidence, "");
    for (const canvas of [sample, reconstruction]) {
      paintLevels(canvas, new Uint8Array(0), this.shape);
    }
  }
}
