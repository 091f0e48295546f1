// What has been drawn: a picture perhaps, strokes upon it, and the way back and forth between states.

import { Ink } from "./ink";
import { normalize, type Shape, shrink } from "./normalize";
import { greyLevel } from "./paint";
import { drawStroke, type Point, type Stroke } from "./strokes";

/** Images that follow one another sooner, such as those of a linked widget, are one step to undo. */
const BURST_MS = 500;

/** How many cells of ink lie along one pixel of the network's input. */
const RESOLUTION = 10;

interface State {
  /** An image that was set rather than drawn, 0 to 1, row by row. */
  picture: Float32Array<ArrayBuffer> | null;
  strokes: readonly Stroke[];
}

/** Told what changed: a stroke from a point on, or everything. */
export type DrawingListener = (stroke?: Stroke, from?: number) => void;

const EMPTY: State = { picture: null, strokes: [] };

/** A drawing with undo and redo; coordinates are pixels of the network's input. */
export class Drawing {
  private state = EMPTY;
  private past: State[] = [];
  private future: State[] = [];
  /** The stroke that the pen draws; none once all of the drawing changed under it. */
  private open: Stroke | undefined;
  private shown = -BURST_MS; // when an image was shown last, if nothing else came after
  private readonly ink: Ink;
  private readonly listeners = new Set<DrawingListener>();

  constructor(private readonly shape: Shape) {
    this.ink = new Ink(shape[1] * RESOLUTION, shape[0] * RESOLUTION, RESOLUTION);
  }

  get isEmpty(): boolean {
    return !this.state.picture && this.state.strokes.length === 0;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Hear of every change; gives the function that ends it. */
  subscribe(listener: DrawingListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Put the pen down: what follows, until the next, is one step to undo. */
  begin(point: Point, erase: boolean): void {
    this.remember();
    const stroke = { erase, points: [point] };
    this.state = { ...this.state, strokes: [...this.state.strokes, stroke] };
    this.open = stroke;
    this.changed(stroke, 0);
  }

  /** Move the pen that is down. */
  extend(points: readonly Point[]): void {
    const stroke = this.open;
    if (!stroke) return;
    const from = stroke.points.length;
    stroke.points.push(...points);
    this.changed(stroke, from);
  }

  clear(): void {
    if (this.isEmpty) return;
    this.remember();
    this.state = EMPTY;
    this.changed();
  }

  /** Show an image in place of the drawing. */
  show(picture: Float32Array<ArrayBuffer>): void {
    const blank = picture.every((value) => value === 0);
    if (blank && this.isEmpty) return;
    if (performance.now() - this.shown >= BURST_MS) this.remember();
    this.shown = performance.now();
    this.state = blank ? EMPTY : { picture: picture.slice(), strokes: [] };
    this.changed();
  }

  /** Make the present state the first one. */
  forget(): void {
    this.shown = -BURST_MS;
    this.past = [];
    this.future = [];
  }

  undo(): void {
    this.travel(this.past, this.future);
  }

  redo(): void {
    this.travel(this.future, this.past);
  }

  /** Whether it makes a difference to the image if it is fitted: a picture has its place already. */
  get canBeFitted(): boolean {
    return !this.state.picture && this.state.strokes.length > 0;
  }

  /** The image for the network; `fit` brings strokes to the place and size of MNIST's digits. */
  image(fit: boolean): Float32Array<ArrayBuffer> {
    const { picture, strokes } = this.state;
    const blank = new Float32Array(this.shape[0] * this.shape[1]);
    if (strokes.length === 0) return picture ?? blank;
    // A picture is as the network gets it already: what is drawn upon it stays where it lies.
    if (!fit || picture) return shrink(this.ink, this.shape);
    return normalize(this.ink, this.shape) ?? blank;
  }

  /** Paint all of it on a canvas whose units are pixels of the network's input. */
  paint(context: CanvasRenderingContext2D): void {
    const [rows, columns] = this.shape;
    context.clearRect(0, 0, columns, rows);
    if (this.state.picture) {
      context.imageSmoothingEnabled = false;
      context.drawImage(inked(this.state.picture, this.shape), 0, 0, columns, rows);
    }
    for (const stroke of this.state.strokes) drawStroke(context, stroke);
  }

  private remember(): void {
    this.shown = -BURST_MS;
    this.past.push(this.state);
    this.future = [];
  }

  private travel(from: State[], to: State[]): void {
    const state = from.pop();
    if (!state) return;
    this.shown = -BURST_MS;
    to.push(this.state);
    this.state = state;
    this.changed();
  }

  private changed(stroke?: Stroke, from = 0): void {
    if (stroke) {
      this.ink.stroke(stroke, from);
    } else {
      this.open = undefined;
      this.inkAll();
    }
    for (const listener of this.listeners) listener(stroke, from);
  }

  private inkAll(): void {
    this.ink.clear();
    this.state.picture?.forEach((value, pixel) => {
      const [row, column] = [Math.floor(pixel / this.shape[1]), pixel % this.shape[1]];
      const [left, top] = [column * RESOLUTION, row * RESOLUTION];
      this.ink.fill(left, top, RESOLUTION, RESOLUTION, greyLevel(value));
    });
    for (const stroke of this.state.strokes) this.ink.stroke(stroke);
  }
}

/** An image as white ink of its brightness. */
function inked(picture: Float32Array, [rows, columns]: Shape): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  image.data.fill(255);
  picture.forEach((value, pixel) => {
    image.data[4 * pixel + 3] = greyLevel(value);
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
