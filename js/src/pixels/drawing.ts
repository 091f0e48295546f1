// What has been drawn: a picture perhaps, strokes upon it, and the way back and forth between states.

import { type Ink, normalize, type Shape, shrink } from "./normalize";
import { drawStroke, extentOf, type Point, type Stroke } from "./strokes";

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
  private readonly ink: CanvasRenderingContext2D;
  private readonly listeners = new Set<DrawingListener>();

  constructor(private readonly shape: Shape) {
    const canvas = document.createElement("canvas");
    canvas.width = shape[1] * RESOLUTION;
    canvas.height = shape[0] * RESOLUTION;
    this.ink = canvas.getContext("2d", { willReadFrequently: true })!;
    this.ink.scale(RESOLUTION, RESOLUTION);
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
    this.changed(stroke, 0);
  }

  /** Move the pen that is down. */
  extend(points: readonly Point[]): void {
    const stroke = this.state.strokes.at(-1);
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
    this.remember();
    this.state = blank ? EMPTY : { picture: picture.slice(), strokes: [] };
    this.changed();
  }

  /** Make the present state the first one. */
  forget(): void {
    this.past = [];
    this.future = [];
  }

  undo(): void {
    this.travel(this.past, this.future);
  }

  redo(): void {
    this.travel(this.future, this.past);
  }

  /** The image for the network; `fit` brings strokes to the place and size of MNIST's digits. */
  image(fit: boolean): Float32Array<ArrayBuffer> {
    const { picture, strokes } = this.state;
    const blank = new Float32Array(this.shape[0] * this.shape[1]);
    if (strokes.length === 0) return picture ?? blank;
    // A picture is as the network gets it already: what is drawn upon it stays where it lies.
    if (!fit || picture) return shrink(this.read(0, 0, ...this.shape), this.shape);
    return normalize(this.read(...extentOf(strokes)), this.shape) ?? blank;
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

  /** The ink between these pixels of the network's input. */
  private read(top: number, left: number, bottom: number, right: number): Ink {
    const at = (pixel: number, size: number) => Math.min(Math.max(pixel * RESOLUTION, 0), size);
    const { width: columns, height: rows } = this.ink.canvas;
    const [x, y] = [Math.floor(at(left, columns)), Math.floor(at(top, rows))];
    const width = Math.max(Math.ceil(at(right, columns)) - x, 1);
    const height = Math.max(Math.ceil(at(bottom, rows)) - y, 1);
    const { data } = this.ink.getImageData(x, y, width, height);
    const values = new Float32Array(width * height);
    for (let i = 0; i < values.length; i++) values[i] = data[4 * i + 3]! / 255; // `from` takes 5 ms
    return { width, height, values };
  }

  private remember(): void {
    this.past.push(this.state);
    this.future = [];
  }

  private travel(from: State[], to: State[]): void {
    const state = from.pop();
    if (!state) return;
    to.push(this.state);
    this.state = state;
    this.changed();
  }

  private changed(stroke?: Stroke, from?: number): void {
    if (stroke) drawStroke(this.ink, stroke, from);
    else this.paint(this.ink);
    for (const listener of this.listeners) listener(stroke, from);
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
    image.data[4 * pixel + 3] = Math.round(255 * value);
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
