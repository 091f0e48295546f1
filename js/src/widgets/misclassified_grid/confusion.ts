// The confusion matrix: bqplot draws it, the page itself listens to its cells.

import type { AnyModel } from "@anywidget/types";
import { h, setText } from "../../dom";
import { embed } from "../parts/chart";

interface Cell {
  label: number;
  predicted: number;
}

/** What the matrix needs to know of its surroundings. */
export interface Choice {
  true: number | null;
  predicted: number | null;
}

const HINT = "Click a cell to see its samples.";

export class Confusion {
  readonly element: HTMLElement;
  private readonly host = h("div", { class: "iv-matrix", "data-part": "matrix" });
  private readonly readout = h("p", { class: "iv-readout", "data-part": "matrix-readout" }, HINT);
  private readonly close_: () => void;
  private readonly drawn = new MutationObserver(() => this.mark());
  private choice: Choice = { true: null, predicted: null };

  /**
   * @param counts true class × predicted class, row by row
   * @param onPick told which cell was clicked
   */
  constructor(
    model: AnyModel<never>,
    reference: string,
    private readonly counts: Int32Array,
    private readonly names: readonly string[],
    onPick: (cell: Cell) => void,
  ) {
    const seam = Math.min(1, 16 / names.length); // of small cells it would hide all
    this.host.style.setProperty("--iv-seam", `${seam}px`);
    this.host.addEventListener("click", (event) => {
      const cell = this.cellAt(event.target);
      if (cell) onPick(cell);
    });
    this.host.addEventListener("pointermove", (event) => this.tell(this.cellAt(event.target)));
    this.host.addEventListener("pointerleave", () => this.tell(undefined));
    this.drawn.observe(this.host, { childList: true, subtree: true });
    this.close_ = embed(model, reference, this.host);
    this.element = h("div", { class: "iv-confusion" }, this.host, this.readout);
  }

  /** Set out the cells that are shown. */
  show(choice: Choice): void {
    this.choice = choice;
    this.mark();
  }

  close(): void {
    this.drawn.disconnect();
    this.close_();
  }

  /** A cell by its place among the others: bqplot draws one group a row. */
  private cellAt(target: EventTarget | null): Cell | undefined {
    const cell = (target as Element | null)?.closest?.(".heatmapcell");
    const row = cell?.parentElement;
    if (!cell || !row) return undefined;
    return { label: placeOf(row, ".heatmaprow"), predicted: placeOf(cell, ".heatmapcell") };
  }

  private mark(): void {
    const { true: label, predicted } = this.choice;
    const any = label !== null || predicted !== null;
    this.host.toggleAttribute("data-chosen", any);
    this.host.querySelectorAll(".heatmaprow").forEach((row, i) => {
      row.querySelectorAll(".heatmapcell").forEach((cell, j) => {
        const fits = (label ?? i) === i && (predicted ?? j) === j;
        cell.toggleAttribute("data-chosen", any && fits);
      });
    });
  }

  private tell(cell: Cell | undefined): void {
    setText(this.readout, cell ? this.sentence(cell) : HINT);
  }

  private sentence({ label, predicted }: Cell): string {
    const count = this.counts[label * this.names.length + predicted] ?? 0;
    const taken = label === predicted ? "recognized" : `taken for ${this.names[predicted]}`;
    return `${this.names[label]} ${taken}: ${count.toLocaleString("en")}`;
  }
}

function placeOf(element: Element, selector: string): number {
  const all = [...(element.parentElement?.children ?? [])];
  return all.filter((each) => each.matches(selector)).indexOf(element);
}
