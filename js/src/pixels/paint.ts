// Numbers to pictures: white ink on black, in every theme, as in MNIST.

import type { Shape } from "./normalize";

/** Paint an image, 0 black to 1 white, on a canvas that gets the image's own size. */
export function paintGrey(canvas: HTMLCanvasElement, image: ArrayLike<number>, shape: Shape): void {
  paintLevels(canvas, Uint8Array.from(image, greyLevel), shape);
}

/** Paint grey levels, 0 to 255, on a canvas that gets the picture's own size; black where none are. */
export function paintLevels(
  canvas: HTMLCanvasElement,
  levels: Uint8Array,
  [rows, columns]: Shape,
): void {
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const picture = new ImageData(columns, rows);
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    picture.data.fill(levels[pixel] ?? 0, 4 * pixel, 4 * pixel + 3);
    picture.data[4 * pixel + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
}

/** The 8-bit level of a value; reconstructions may overshoot [0, 1]. */
export function greyLevel(value: number): number {
  return Math.round(255 * Math.min(Math.max(value, 0), 1));
}
