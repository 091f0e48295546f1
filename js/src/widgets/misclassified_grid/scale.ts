// Scrolling through more than an element may be tall: browsers stop at some 16 million pixels.

const TALLEST = 8_000_000;
const MARGIN = 100_000; // at either end, as far as a wheel turns at once

/**
 * Where a panel stands in a long list.
 *
 * A list that is too tall gets an element of the tallest size that works. What a wheel or a finger
 * does moves the list as far as the element; the long way of a dragged scroll bar is scaled, all of
 * it but the ends, so that small steps reach them.
 */
export class ScrollScale {
  /** First pixel of the list in view. */
  top = 0;
  private extent = 0;
  private viewport = 0;
  private physical = 0;

  constructor(private readonly tallest = TALLEST) {}

  /** The element's height. */
  get height(): number {
    return Math.min(this.extent, this.tallest);
  }

  /** Whether the list is taller than its element. */
  get scaled(): boolean {
    return this.extent > this.tallest;
  }

  /** From a place in the list to a place in the element. */
  get offset(): number {
    return this.physical - this.top;
  }

  /** The list is that long, the panel that high; gives where the element is to be scrolled to. */
  resize(extent: number, viewport: number): number {
    this.extent = extent;
    this.viewport = viewport;
    return this.moveTo(this.top);
  }

  /** The element was scrolled to there; gives where it is to be put, most often just there. */
  scrolled(physical: number): number {
    const way = physical - this.physical;
    const drag = Math.max(this.viewport, this.reach / this.viewport / 2);
    this.physical = physical;
    if (!this.scaled) this.top = physical;
    else if (Math.abs(way) > drag) this.top = between(physical, this.margin, this.reach, this.last);
    else this.top = this.clamp(this.top + way);
    const atEnd = physical <= 0 || physical >= this.reach;
    return atEnd ? this.settle() : physical;
  }

  /** Go to a place of the list; gives where the element is to be scrolled to. */
  moveTo(top: number): number {
    this.top = this.clamp(top);
    return this.settle();
  }

  /** Bring the scroll bar to where the list is, after it was moved a little at a time. */
  settle(): number {
    this.physical = this.scaled
      ? Math.round(between(this.top, this.margin, this.last, this.reach))
      : this.top;
    return this.physical;
  }

  /** The last top of the list, and of the element. */
  private get last(): number {
    return Math.max(0, this.extent - this.viewport);
  }

  private get reach(): number {
    return Math.max(0, this.height - this.viewport);
  }

  private get margin(): number {
    return Math.min(MARGIN, this.reach / 4);
  }

  private clamp(top: number): number {
    return Math.min(Math.max(top, 0), this.last);
  }
}

/** From [0, length] to [0, other]: alike within the margins at both ends, scaled between them. */
function between(value: number, margin: number, length: number, other: number): number {
  if (value <= margin) return value;
  if (value >= length - margin) return other - (length - value);
  return margin + ((value - margin) / (length - 2 * margin)) * (other - 2 * margin);
}
