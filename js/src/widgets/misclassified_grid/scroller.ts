// A panel that scrolls through rows of which only those in view exist.

import { h } from "../../dom";
import { ScrollScale } from "./scale";

export interface RowMaker {
  /** How many rows there are and how high each is, in a panel that wide. */
  measure(width: number): { rows: number; height: number };
  /** Have a row's element, new or used before, show that row. */
  fill(element: HTMLElement, row: number): void;
  /** A person scrolled the panel, or it has another size. */
  moved(): void;
  /** The rows were laid out anew, or scrolled from here. */
  placed(): void;
  /** A row that stays though it is out of view, such as the one with the focus; or -1. */
  kept(): number;
}

const SPARE = 1; // rows above and below the panel
const SETTLE_MS = 150;

export class Scroller {
  readonly element: HTMLElement;
  private readonly sizer = h("div", { class: "iv-scroll-sizer", role: "presentation" });
  private readonly scale = new ScrollScale();
  private readonly rows = new Map<number, HTMLElement>();
  private readonly sizes: ResizeObserver;
  private height = 1; // of a row
  private count = 0;
  private placed = 0; // where the element was scrolled to from here
  private settle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly maker: RowMaker,
    attributes: Record<string, string | number>,
  ) {
    this.element = h(
      "div",
      { class: "iv-scroll", ...attributes, onscroll: () => this.scrolled() },
      this.sizer,
    );
    this.sizes = new ResizeObserver(() => {
      this.measure(true);
      if (this.sizer.clientWidth) this.maker.moved();
    });
    this.sizes.observe(this.element);
  }

  close(): void {
    this.sizes.disconnect();
    clearTimeout(this.settle);
  }

  /** The rows that can be seen, [first, last); `margin` panels more on either side. */
  range(margin = 0): [first: number, last: number] {
    const { top } = this.scale;
    const panel = this.element.clientHeight;
    const first = Math.floor((top - margin * panel + 1) / this.height);
    const last = Math.ceil((top + (1 + margin) * panel - 1) / this.height);
    return [Math.max(0, first), Math.max(0, Math.min(last, this.count))];
  }

  /** How many whole rows the panel shows. */
  get page(): number {
    return Math.max(1, Math.floor(this.element.clientHeight / this.height));
  }

  row(number: number): HTMLElement | undefined {
    return this.rows.get(number);
  }

  /** Where the number of rows or the panel changed, keep the first row where it is; paint. */
  measure(resized = false): void {
    const width = this.sizer.clientWidth;
    if (!width) return; // not in the document yet
    const first = this.scale.top / this.height;
    const { rows, height } = this.maker.measure(width);
    if (!resized && rows === this.count && height === this.height) {
      this.show(); // where it was put: a person may have scrolled on, which is heard of later
      return;
    }
    this.count = rows;
    this.height = height;
    this.scale.resize(rows * height, this.element.clientHeight);
    this.sizer.style.height = `${this.scale.height}px`;
    this.put(this.scale.moveTo(first * height));
  }

  /** Show a row as the first one. */
  scrollTo(row: number): void {
    this.put(this.scale.moveTo(row * this.height));
  }

  /** Scroll no more than it takes to show a whole row. */
  reveal(row: number): void {
    const { top } = this.scale;
    const panel = this.element.clientHeight;
    const above = row * this.height;
    const below = above + this.height - panel;
    if (above < top) this.put(this.scale.moveTo(above));
    else if (below > top) this.put(this.scale.moveTo(below));
  }

  /** Have all rows in view show what they are to show now. */
  paint(): void {
    const [first, last] = this.range();
    const wanted = new Set<number>();
    for (let row = first - SPARE; row < last + SPARE; row++) {
      if (row >= 0 && row < this.count) wanted.add(row);
    }
    const kept = this.maker.kept();
    if (kept >= 0 && kept < this.count) wanted.add(kept);
    const free = [...this.rows].filter(([row]) => !wanted.has(row));
    for (const [row] of free) this.rows.delete(row);
    for (const row of wanted) {
      let element = this.rows.get(row);
      if (!element) {
        element = free.pop()?.[1] ?? h("div", { class: "iv-scroll-row", role: "row" });
        this.rows.set(row, element);
      }
      if (element.parentNode !== this.sizer) this.sizer.append(element);
      element.style.transform = `translateY(${row * this.height + this.scale.offset}px)`;
      this.maker.fill(element, row);
    }
    for (const [, element] of free) element.remove();
  }

  private scrolled(): void {
    const { scrollTop } = this.element;
    const wanted = this.scale.scrolled(scrollTop);
    const byPerson = scrollTop !== this.placed;
    if (Math.abs(wanted - scrollTop) >= 1) this.element.scrollTop = wanted;
    this.placed = this.element.scrollTop;
    this.paint();
    if (byPerson) this.maker.moved();
    clearTimeout(this.settle);
    if (this.scale.scaled) this.settle = setTimeout(() => this.put(this.scale.settle()), SETTLE_MS);
  }

  private put(physical: number): void {
    this.element.scrollTop = physical;
    this.placed = this.element.scrollTop; // as the browser rounds it
    this.show();
  }

  private show(): void {
    this.paint();
    this.maker.placed();
  }
}
