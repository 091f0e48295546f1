// The panel of tiles: which rows, which tile has the focus, what mouse and keys do.

import { h } from "../../dom";
import type { Shape } from "../../pixels/normalize";
import type { Sample } from "./blocks";
import { Scroller } from "./scroller";
import type { Session } from "./session";
import { Tiles } from "./tiles";
import type { Viewer } from "./views";

let views = 0;

export class GridPanel implements Viewer {
  readonly element: HTMLElement;
  /** Has the view painted for a reason other than a trait's change. */
  onRepaint = () => {};
  private readonly scroller: Scroller;
  private readonly tiles: Tiles;
  private readonly empty = h("p", { class: "iv-grid-nothing" }, "No sample passes these filters.");
  private across = 1;
  /** The position that the keys move from. */
  private active = 0;
  /** Where a range begins. */
  private anchor = 0;
  /** Whether the sample at `active` becomes the current one once it is here. */
  private seeking = false;
  private pending: (() => void) | undefined;

  constructor(
    private readonly session: Session,
    names: readonly string[],
    shape: Shape,
    private readonly flip: () => boolean,
  ) {
    this.tiles = new Tiles(names, shape);
    views += 1;
    const help = `iv-grid-help-${views}`;
    this.scroller = new Scroller(
      {
        measure: (width) => this.measure(width),
        fill: (element, row) => this.fill(element, row),
        moved: () => session.moved(this),
        placed: () => session.placed(),
        kept: () => (this.hasFocus ? this.rowOf(this.active) : -1),
      },
      {
        ...{ role: "grid", "aria-label": "Samples", "aria-multiselectable": "true" },
        ...{ "aria-describedby": help, "data-part": "tiles", tabindex: -1 },
      },
    );
    this.scroller.element.addEventListener("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault(); // it is the end of a range, not where one begins
    });
    this.scroller.element.addEventListener("click", (event) => this.click(event));
    this.scroller.element.addEventListener("keydown", (event) => this.key(event));
    this.scroller.element.addEventListener("focusin", (event) => this.focused(event));
    this.element = h(
      "div",
      { class: "iv-grid-panel" },
      this.scroller.element,
      this.empty,
      h("p", { class: "iv-hidden", id: help }, HELP),
    );
    session.views.add(this);
    this.pending = () => this.begin();
  }

  close(): void {
    this.session.left(this);
    this.scroller.close();
  }

  range(margin: number): [first: number, last: number] {
    const [first, last] = this.scroller.range(margin);
    return [first * this.across, Math.min(last * this.across, this.session.source.length)];
  }

  restart(): void {
    this.active = 0;
    this.anchor = 0;
    this.seeking = false;
    this.scroller.scrollTo(0);
  }

  reveal(position: number, how: "first" | "current"): void {
    if (!this.ready) return;
    if (how === "current") this.active = this.anchor = position;
    const row = this.rowOf(position);
    if (how === "first") this.scroller.scrollTo(row);
    else this.scroller.reveal(row);
    this.onRepaint();
  }

  repaint(): void {
    this.onRepaint();
  }

  resize(): void {
    this.scroller.measure();
  }

  paint(): void {
    this.scroller.measure();
    const { length } = this.session.source;
    this.empty.hidden = length > 0;
    this.scroller.element.setAttribute("aria-rowcount", String(Math.ceil(length / this.across)));
    this.scroller.element.setAttribute("aria-colcount", String(this.across));
    this.element.classList.toggle("iv-flip", this.flip());
    if (this.seeking) this.seek();
  }

  /** Begin where the saved state or Python says: this can only be done once there is a place. */
  private begin(): void {
    const { current, top } = this.session.start();
    if (current >= 0) this.reveal(current, "current");
    else this.reveal(top, "first");
  }

  private get ready(): boolean {
    return this.pending === undefined;
  }

  private get hasFocus(): boolean {
    return this.scroller.element.contains(document.activeElement);
  }

  private rowOf(position: number): number {
    return Math.floor(position / this.across);
  }

  private measure(width: number) {
    const { across, height } = this.tiles.layOut(width, this.flip());
    this.across = across;
    this.scroller.element.style.setProperty("--iv-across", String(across));
    const { pending } = this;
    if (pending) {
      this.pending = undefined;
      queueMicrotask(pending);
    }
    return { rows: Math.ceil(this.session.source.length / across), height };
  }

  private fill(element: HTMLElement, row: number): void {
    const { source, selection, current } = this.session;
    const first = row * this.across;
    const count = Math.min(this.across, source.length - first);
    const samples = Array.from({ length: count }, (_, column) => source.sample(first + column));
    const [from, to] = this.range(0);
    const reachable = this.active >= from && this.active < to ? this.active : from;
    element.setAttribute("aria-rowindex", String(row + 1));
    this.tiles.fill(element, samples, (column, sample) => {
      const position = first + column;
      return {
        position,
        selected: !!sample && selection.has(sample.index, position, source.version),
        current: sample?.index === current,
        tabbable: position === (this.hasFocus ? this.active : reachable),
      };
    });
  }

  private click(event: MouseEvent): void {
    const tile = (event.target as Element).closest<HTMLElement>(".iv-grid-tile");
    if (!tile) return;
    const position = Number(tile.dataset.position);
    const sample = this.session.source.sample(position);
    if (!sample) return;
    const command = event.ctrlKey || event.metaKey;
    this.active = position;
    if (event.shiftKey) this.extend(position, command);
    else this.pickOne(sample, position, command);
    this.session.goTo(sample.index);
    this.focus();
  }

  private pickOne(sample: Sample, position: number, toggle: boolean): void {
    this.anchor = position;
    this.session.select((selection) =>
      toggle ? selection.toggle(sample.index) : selection.only(sample.index),
    );
  }

  private extend(position: number, keep: boolean): void {
    const { source } = this.session;
    this.session.select((selection) => selection.extend(source, this.anchor, position, keep));
  }

  private key(event: KeyboardEvent): void {
    const { length } = this.session.source;
    const command = event.ctrlKey || event.metaKey;
    if (event.altKey || length === 0) return;
    const sample = this.session.source.sample(this.active);
    const to = this.target(event.key);
    if (to !== undefined) {
      const position = Math.min(Math.max(to, 0), length - 1);
      if (event.shiftKey) this.extend(position, false);
      else this.anchor = position;
      this.moveTo(position);
    } else if (event.key === " " || event.key === "Enter") {
      if (event.key === " " && event.shiftKey) this.extend(this.active, false);
      else if (sample) this.pickOne(sample, this.active, event.key === " " || command);
    } else if (command && event.key.toLowerCase() === "a") {
      this.session.select((s) => s.extend(this.session.source, 0, length - 1, false));
    } else if (event.key === "Escape") {
      this.session.select((selection) => selection.only());
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Where a key leads from the active position. */
  private target(key: string): number | undefined {
    const { active, across } = this;
    const { length } = this.session.source;
    const page = this.scroller.page * across;
    const lastRow = this.rowOf(active) === this.rowOf(length - 1);
    switch (key) {
      case "ArrowLeft":
        return active - 1;
      case "ArrowRight":
        return active + 1;
      case "ArrowUp":
        return active >= across ? active - across : active;
      case "ArrowDown":
        return lastRow ? active : active + across;
      case "PageUp":
        return active >= page ? active - page : active % across;
      case "PageDown":
        return active + page;
      case "Home":
        return 0;
      case "End":
        return length - 1;
      default:
        return undefined;
    }
  }

  private moveTo(position: number): void {
    this.active = position;
    this.seeking = true;
    this.scroller.reveal(this.rowOf(position));
    this.session.moved(this);
    this.focus();
    this.seek();
  }

  /** Make the sample at the active position the current one, as soon as it is here. */
  private seek(): void {
    const sample = this.session.source.sample(this.active);
    if (!sample) return;
    this.seeking = false;
    this.session.goTo(sample.index);
  }

  private focus(): void {
    this.scroller.paint();
    const column = this.active % this.across;
    const tile = this.scroller.row(this.rowOf(this.active))?.children[column];
    (tile as HTMLElement | undefined)?.focus({ preventScroll: true });
  }

  /** The Tab key, a screen reader or a click brought the focus to a tile: a range begins there. */
  private focused(event: FocusEvent): void {
    const tile = (event.target as Element).closest<HTMLElement>(".iv-grid-tile");
    const position = Number(tile?.dataset.position ?? this.active);
    if (position !== this.active) this.active = this.anchor = position;
  }
}

const HELP =
  "Arrow keys, Page Up, Page Down, Home and End move; Space selects or deselects; with Shift the " +
  "selection grows as you move; Enter selects one alone; Control A selects all, Escape none.";
