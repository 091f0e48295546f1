// A drawing is strokes, in pixels of the network's input: people see them on canvases, the network gets
// them as ink.

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

/** Draw a stroke's points on a canvas from the index `from` on; 0 draws all of it. */
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
