// Thumbnails of all units: only those in view exist, so that thousands scroll as smoothly as a hundred.

import { h } from "../../dom";
import type { Shape } from "../../pixels/normalize";
import { paintLevels } from "../../pixels/paint";

/** Pixels of the page that a thumbnail takes, its gap included: the smallest and the largest. */
const CELLS = { min: 28, max: 40 };
const GAP = 3;
/** As high as the grid may get; the same in unit_sliders.css. */
const HEIGHT = 390;
/** Rows kept ready above and below what is seen. */
const SPARE = 2;

export interface Shown {
  /** The units in the order of their thumbnails. */
  order: readonly number[];
  /** The chosen unit. */
  chosen: number;
  /** A unit's name for people, such as "unit 17, moved to 2.3". */
  describe(unit: number): string;
  isMoved(unit: number): boolean;
}

/** The largest cells with which all thumbnails are seen at once; where none do, the largest. */
export function cellFor(count: number, width: number, height: number): number {
  for (let cell = CELLS.max; cell >= CELLS.min; cell--) {
    if (Math.ceil(count / Math.floor(width / cell)) * cell <= height) return cell;
  }
  return CELLS.max;
}

/** A scrolled grid of buttons, one a unit; arrow keys go from one to the next. */
export class UnitGrid {
  readonly element: HTMLElement;
  private readonly field = h("div", { class: "iv-us-units-field" });
  private readonly tiles = new Map<number, HTMLButtonElement>();
  private readonly sizes = new ResizeObserver(() => this.lay());
  private shown: Shown = { order: [], chosen: 0, describe: String, isMoved: () => false };
  private places: number[] = [];
  private columns = 1;
  private cell = CELLS.max;
  private scheduled = false;

  /**
   * @param projections grey levels of all units, one after the other
   * @param choose called with the unit that was clicked or gone to
   */
  constructor(
    private readonly projections: Uint8Array,
    private readonly shape: Shape,
    private readonly choose: (unit: number) => void,
  ) {
    this.element = h(
      "div",
      {
        ...{ class: "iv-us-units", "data-part": "units", role: "group", "aria-label": "All units" },
        onscroll: () => this.schedule(),
        onkeydown: (event: KeyboardEvent) => this.steer(event),
      },
      this.field,
    );
    this.sizes.observe(this.element);
  }

  show(shown: Shown): void {
    const { chosen, order } = this.shown;
    this.shown = shown;
    if (order !== shown.order) {
      this.places = [];
      shown.order.forEach((unit, place) => {
        this.places[unit] = place;
      });
    }
    this.lay();
    if (chosen !== shown.chosen || order !== shown.order) this.reveal(shown.chosen);
  }

  close(): void {
    this.sizes.disconnect();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.lay(false);
    });
  }

  /** Lay out the thumbnails in view: those that are new to it, or all of them `anew`. */
  private lay(anew = true): void {
    const { order } = this.shown;
    const width = this.field.clientWidth;
    if (!width) return; // not in the document yet
    const cell = cellFor(order.length, width, HEIGHT);
    this.cell = cell;
    this.columns = Math.max(1, Math.floor(width / cell));
    this.field.style.height = `${Math.ceil(order.length / this.columns) * cell}px`;
    this.field.style.setProperty("--iv-us-tile", `${cell - GAP}px`);
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.cell) - SPARE) * this.columns;
    const last = (Math.ceil((scrollTop + clientHeight) / this.cell) + SPARE) * this.columns;
    const inView = new Set(order.slice(first, last));
    if (this.shown.chosen in this.places) inView.add(this.shown.chosen); // the Tab key goes there
    const focused = (document.activeElement as HTMLElement | null)?.dataset.unit;
    if (this.field.contains(document.activeElement)) inView.add(Number(focused));
    const free: HTMLButtonElement[] = []; // what left the view serves what comes into it
    for (const [unit, tile] of this.tiles) {
      if (inView.has(unit)) continue;
      free.push(tile);
      this.tiles.delete(unit);
    }
    for (const unit of inView) {
      const placed = this.tiles.get(unit);
      if (placed && !anew) continue;
      const tile = placed ?? free.pop() ?? this.make();
      if (!placed) this.paint(tile, unit);
      this.tiles.set(unit, tile);
      this.dress(unit, tile);
    }
    for (const tile of free) tile.remove();
  }

  private make(): HTMLButtonElement {
    const tile = h(
      "button",
      {
        ...{ type: "button", class: "iv-us-unit", "data-part": "unit" },
        onclick: () => this.choose(Number(tile.dataset.unit)),
      },
      h("canvas", { class: "iv-picture", "aria-hidden": "true" }),
    );
    this.field.append(tile);
    return tile;
  }

  private paint(tile: HTMLButtonElement, unit: number): void {
    const pixels = this.shape[0] * this.shape[1];
    const levels = this.projections.subarray(unit * pixels, (unit + 1) * pixels);
    paintLevels(tile.firstElementChild as HTMLCanvasElement, levels, this.shape);
    tile.dataset.unit = String(unit);
  }

  private dress(unit: number, tile: HTMLButtonElement): void {
    const { chosen, describe, isMoved } = this.shown;
    const place = this.places[unit]!;
    const left = (place % this.columns) * this.cell;
    const top = Math.floor(place / this.columns) * this.cell;
    const name = describe(unit);
    tile.style.transform = `translate(${left}px, ${top}px)`;
    if (tile.title !== name) tile.title = tile.ariaLabel = name;
    tile.ariaPressed = String(unit === chosen);
    tile.tabIndex = unit === chosen ? 0 : -1;
    tile.classList.toggle("iv-us-unit-moved", isMoved(unit));
  }

  /** Scroll a unit's thumbnail into the grid's view. */
  private reveal(unit: number): void {
    const top = Math.floor((this.places[unit] ?? 0) / this.columns) * this.cell;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.cell > scrollTop + clientHeight) {
      this.element.scrollTop = top + this.cell - clientHeight;
    }
    this.lay(false);
  }

  private steer(event: KeyboardEvent): void {
    const { order, chosen } = this.shown;
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.columns,
      ArrowDown: this.columns,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const wanted = this.places[chosen]! + step;
    if (Number.isFinite(step) && !(wanted in order)) return;
    const unit = order[Math.min(Math.max(wanted, 0), order.length - 1)]!;
    this.choose(unit);
    this.tiles.get(unit)?.focus({ preventScroll: true });
  }
}
