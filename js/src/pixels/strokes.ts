// A drawing is strokes, in pixels of the network's input; ink is the alpha channel of a canvas.

export interface Point {
  x: number;
  y: number;
  /** Of the pen at this point. */
  width: number;
}

export interface Stroke {
  erase: boolean;
  points: Point[];
}

/** Draw a stroke's points from the index `from` on; 0 draws all of it. */
export function drawStroke(context: CanvasRenderingContext2D, stroke: Stroke, from = 0): void {
  context.save();
  context.globalCompositeOperation = stroke.erase ? "destination-out" : "source-over";
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineCap = "round";
  for (let index = from; index < stroke.points.length; index++) {
    const { x, y, width } = stroke.points[index]!;
    const before = stroke.points[index - 1];
    context.beginPath();
    if (before) {
      context.lineWidth = (before.width + width) / 2;
      context.moveTo(before.x, before.y);
      context.lineTo(x, y);
      context.stroke();
    } else {
      context.arc(x, y, width / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.restore();
}

/** A rectangle, in pixels of the network's input. */
export type Extent = readonly [top: number, left: number, bottom: number, right: number];

export const NOWHERE: Extent = [Infinity, Infinity, -Infinity, -Infinity];

/** An extent widened so that all ink of these points lies in it. */
export function widened(extent: Extent, points: readonly Point[]): Extent {
  let [top, left, bottom, right] = extent;
  for (const { x, y, width } of points) {
    const reach = width / 2 + 0.1; // and what is smoothed at the edge
    [top, left] = [Math.min(top, y - reach), Math.min(left, x - reach)];
    [bottom, right] = [Math.max(bottom, y + reach), Math.max(right, x + reach)];
  }
  return [top, left, bottom, right];
}
