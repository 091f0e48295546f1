// The views of one grid: what they show, and where Python wants them.

import type { AnyModel } from "@anywidget/types";
import { integers } from "../../bytes";
import type { Traits } from "./model";
import type { Source } from "./sources";

/** A view of the grid, as the session needs it. */
export interface Viewer {
  /** Positions in view, `margin` panels above and below included. */
  range(margin: number): [first: number, last: number];
  /** Another order is shown: begin at its top. */
  restart(): void;
  /** Python or a linked widget wants a position seen; as the first one, or as the current one. */
  reveal(position: number, how: "first" | "current"): void;
  repaint(): void;
}

export class Views {
  /** Position of the first sample in the view that was moved last. */
  top: number;
  /** Indices of the samples in that view. */
  visible: Int32Array<ArrayBuffer>;
  /** In the order in which they were moved; gone through as a copy, since one may move meanwhile. */
  private readonly all = new Set<Viewer>();
  private lead: Viewer | undefined;

  constructor(model: AnyModel<Traits>) {
    this.top = model.get("_top");
    this.visible = integers(model.get("visible"));
  }

  add(viewer: Viewer): void {
    this.all.add(viewer);
  }

  /** One is closed: nobody sees what it showed. */
  remove(viewer: Viewer): void {
    this.all.delete(viewer);
    if (this.lead === viewer) this.lead = [...this.all].at(-1);
  }

  moved(viewer: Viewer): void {
    this.all.delete(viewer);
    this.all.add(viewer);
    this.lead = viewer;
  }

  /** Positions that are in view, or with a margin near it. */
  ranges(margin: number): [first: number, last: number][] {
    return [...this.all].map((viewer) => viewer.range(margin));
  }

  repaint(restart: boolean): void {
    for (const viewer of [...this.all]) {
      if (restart) viewer.restart();
      viewer.repaint();
    }
  }

  reveal(position: number, how: "first" | "current"): void {
    if (position < 0) return;
    for (const viewer of [...this.all]) viewer.reveal(position, how);
  }

  /** Note what the view that was moved last shows; says whether that is news. */
  look(source: Source): boolean {
    if (!this.lead) return false;
    const [first, last] = this.lead.range(0);
    const indices = [];
    for (let position = first; position < last; position++) {
      const sample = source.sample(position);
      if (!sample) return false; // on its way
      indices.push(sample.index);
    }
    const same = first === this.top && indices.join() === this.visible.join();
    this.top = first;
    this.visible = Int32Array.from(indices);
    return !same;
  }
}
