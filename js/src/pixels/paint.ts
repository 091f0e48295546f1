// Numbers to pictures: white ink on black, in every theme, as in MNIST.

import type { Shape } from "./normalize";

/** Paint an image, 0 black to 1 white, on a canvas that gets the image's own size. */
export function paintGrey(canvas: HTMLCanvasElement, image: ArrayLike<number>, shape: Shape): void {
  const levels = new Uint8Array(image.length);
  for (let i = 0; i < levels.length; i++) levels[i] = greyLevel(image[i]!); // `from` is slower
  paintLevels(canvas, levels, shape);
}

/** Paint grey levels, 0 to 255, black where none are; by whole pixels, since grids paint many. */
export function paintLevels(canvas: HTMLCanvasElement, levels: Uint8Array, shape: Shape): void {
  const picture = pictureFor(canvas, shape);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = 0xff000000 | ((levels[i] ?? 0) * 0x010101);
  canvas.getContext("2d", { alpha: false })?.putImageData(picture, 0, 0);
}

/** Paint differences, in the colours of `signedColour`. */
export function paintSigned(
  canvas: HTMLCanvasElement,
  differences: ArrayLike<number>,
  shape: Shape,
  limit: number,
): void {
  paint(canvas, shape, (pixel) => signedColour((differences[pixel] ?? 0) / limit));
}

type Colour = [red: number, green: number, blue: number];

/** From -1, dark and blue, over 0, grey, to 1, light and orange: the sign can be read in grey, too. */
export const SIGNED_STOPS: readonly Colour[] = [
  [8, 35, 92],
  [52, 105, 181],
  [133, 133, 133],
  [232, 150, 74],
  [255, 232, 196],
];

/** The colour of a signed share; what lies beyond -1 and 1 is cut. */
export function signedColour(share: number): Colour {
  const place = (Math.min(Math.max(share, -1), 1) + 1) * ((SIGNED_STOPS.length - 1) / 2);
  const below = Math.min(Math.floor(place), SIGNED_STOPS.length - 2);
  const [from, to] = [SIGNED_STOPS[below]!, SIGNED_STOPS[below + 1]!];
  return from.map((level, i) =>
    Math.round(level + (place - below) * (to[i]! - level)),
  ) as unknown as Colour;
}

/** A round limit that holds all differences, so that pictures of one scale can be compared. */
export function signedLimit(differences: ArrayLike<number>): number {
  let furthest = 0;
  for (let i = 0; i < differences.length; i++) {
    furthest = Math.max(furthest, Math.abs(differences[i]!));
  }
  if (furthest <= 0.1) return 0.1; // what nobody sees does not get strong colours
  const power = 10 ** Math.floor(Math.log10(furthest));
  return [1, 2, 5, 10].map((step) => step * power).find((limit) => limit >= furthest - 1e-9)!;
}

/** The 8-bit level of a value; reconstructions may overshoot [0, 1]. */
export function greyLevel(value: number): number {
  return Math.round(255 * Math.min(Math.max(value, 0), 1));
}

function paint(canvas: HTMLCanvasElement, shape: Shape, colour: (pixel: number) => Colour): void {
  const picture = pictureFor(canvas, shape);
  for (let pixel = 0; pixel < shape[0] * shape[1]; pixel++) {
    picture.data.set(colour(pixel), 4 * pixel);
    picture.data[4 * pixel + 3] = 255;
  }
  canvas.getContext("2d", { alpha: false })?.putImageData(picture, 0, 0);
}

/** Pixels for all of a canvas, which gets that size. */
function pictureFor(canvas: HTMLCanvasElement, [rows, columns]: Shape): ImageData {
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  return new ImageData(columns, rows);
}
