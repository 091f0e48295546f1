// The canvas drawn on: mouse, pen, touch and keyboard become strokes.

import { h } from "../../dom";
import type { Drawing } from "../../pixels/drawing";
import type { Shape } from "../../pixels/normalize";
import { drawStroke, type Point } from "../../pixels/strokes";
import { framed } from "../parts/pictures";

export interface Pen {
  /** Width in pixels of the network's input. */
  width: number;
  erase: boolean;
}

const HELP =
  "Draw with mouse, pen or finger. By keyboard: the arrow keys move the pen, Space puts it down " +
  "and lifts it, Delete clears, Control Z undoes, E changes between pen and eraser.";

/** A surface to draw on; every view of a drawing has one. */
export class Surface {
  readonly element: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  /** Where the pen is; a picture, since an element that moves has the whole page layered anew. */
  private readonly ring = h("canvas", { class: "iv-ring", "data-part": "ring" });
  private ringIsShown = false;
  private readonly sizes: ResizeObserver;
  private readonly unsubscribe: () => void;
  private pointer: number | undefined;
  private position: Point;
  private penIsDown = false;

  constructor(
    private readonly drawing: Drawing,
    private readonly shape: Shape,
    private readonly pen: () => Pen,
  ) {
    const [rows, columns] = shape;
    this.position = { x: columns / 2, y: rows / 2, width: 1 };
    this.canvas = h("canvas", {
      class: "iv-picture",
      "data-part": "surface",
      tabindex: 0,
      role: "application",
      "aria-label": "Drawing surface",
      "aria-roledescription": "drawing surface",
      "aria-description": HELP,
      onpointerdown: (event: PointerEvent) => this.down(event),
      onpointermove: (event: PointerEvent) => this.move(event),
      onpointerup: (event: PointerEvent) => this.up(event),
      onpointercancel: (event: PointerEvent) => this.up(event),
      onpointerleave: () => {
        if (this.pointer === undefined) this.hideRing();
      },
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onblur: () => {
        this.penIsDown = false;
        this.hideRing();
      },
    });
    this.element = framed("iv-surface", shape, this.canvas, this.ring);
    this.unsubscribe = drawing.subscribe((stroke, from) => {
      if (stroke) drawStroke(this.context, stroke, from);
      else {
        this.penIsDown = false;
        this.paint();
      }
    });
    this.sizes = new ResizeObserver(this.resize);
    this.sizes.observe(this.canvas);
    addEventListener("resize", this.resize); // zooming in changes the cells, not the size
  }

  close(): void {
    this.sizes.disconnect();
    removeEventListener("resize", this.resize);
    this.unsubscribe();
  }

  private get context(): CanvasRenderingContext2D {
    return this.canvas.getContext("2d")!;
  }

  /** As many cells as the screen has, so that strokes are sharp. */
  private readonly resize = (): void => {
    const width = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const height = Math.round(this.canvas.clientHeight * devicePixelRatio);
    if (!width || !height || (width === this.canvas.width && height === this.canvas.height)) return;
    for (const canvas of [this.canvas, this.ring]) {
      canvas.width = width;
      canvas.height = height;
      canvas.getContext("2d")!.scale(width / this.shape[1], height / this.shape[0]);
    }
    this.paint();
  };

  private paint(): void {
    this.drawing.paint(this.context);
    if (this.ringIsShown) this.showRing();
  }

  private down(event: PointerEvent): void {
    if (this.pointer !== undefined || event.button === 2) return;
    event.preventDefault(); // no selection of text, no scrolling
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    const eraserEnd = event.pointerType === "pen" && event.button === 5;
    this.drawing.begin(this.pointFrom(event), eraserEnd || this.pen().erase);
  }

  private move(event: PointerEvent): void {
    const place = this.canvas.getBoundingClientRect();
    if (!place.width || !place.height) return; // hidden under the pen
    this.position = this.pointFrom(event, place);
    if (event.pointerId === this.pointer) {
      const events = event.getCoalescedEvents?.() ?? [];
      const points = (events.length ? events : [event]).map((each) => this.pointFrom(each, place));
      this.drawing.extend(points);
    }
    this.showRing(); // last: the answer is not to wait for it
  }

  private up(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    if (event.pointerType === "touch") this.hideRing();
  }

  private pointFrom(event: PointerEvent, place = this.canvas.getBoundingClientRect()): Point {
    const { left, top, width, height } = place;
    return {
      x: ((event.clientX - left) / width) * this.shape[1],
      y: ((event.clientY - top) / height) * this.shape[0],
      width: this.pen().width * pressureFactor(event),
    };
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 4 : 1;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[event.key];
    if (move) {
      const [rows, columns] = this.shape;
      this.position = {
        x: Math.min(Math.max(this.position.x + move[0], 0), columns),
        y: Math.min(Math.max(this.position.y + move[1], 0), rows),
        width: this.pen().width,
      };
      if (this.penIsDown) this.drawing.extend([this.position]);
    } else if (event.key === " ") {
      this.penIsDown = !this.penIsDown;
      const point = { ...this.position, width: this.pen().width };
      if (this.penIsDown) this.drawing.begin(point, this.pen().erase);
    } else if (event.key === "Escape") {
      this.penIsDown = false;
    } else {
      return;
    }
    event.preventDefault();
    this.showRing();
  }

  /** A ring as wide as the pen, where it is. */
  private showRing(): void {
    this.hideRing();
    this.ringIsShown = true;
    const context = this.ring.getContext("2d")!;
    context.beginPath();
    context.arc(this.position.x, this.position.y, this.pen().width / 2, 0, 2 * Math.PI);
    context.fillStyle = "#8888";
    if (this.penIsDown) context.fill();
    const pixel = (devicePixelRatio * this.shape[1]) / this.ring.width; // of the page
    context.lineWidth = 3 * pixel;
    context.strokeStyle = "#000"; // so that the white line is seen on ink, too
    context.stroke();
    context.lineWidth = pixel;
    context.strokeStyle = "#fff";
    context.stroke();
  }

  private hideRing(): void {
    this.ringIsShown = false;
    this.ring.getContext("2d")!.clearRect(0, 0, this.shape[1], this.shape[0]);
  }
}

/** Pens report pressure; a mouse always says ½, a finger 0, ½ or 1. */
function pressureFactor({ pointerType, pressure }: PointerEvent): number {
  const reported =
    pointerType === "pen" || (pointerType === "touch" && ![0, 0.5, 1].includes(pressure));
  return reported ? 0.4 + 1.2 * pressure : 1;
}
