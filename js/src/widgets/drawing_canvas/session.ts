// What all views of one canvas share: the drawing, and the talk with whoever answers.

import type { AnyModel } from "@anywidget/types";
import { bytes, floats } from "../../bytes";
import { type Network, reconstruct } from "../../engine/engine";
import { type Eventually, when } from "../../engine/eventually";
import { largest } from "../../engine/matrices";
import { Link, type WidgetTraits } from "../../link";
import { Drawing } from "../../pixels/drawing";

/** What a canvas's traits hold; the twin of those in Python's widget.py. */
export interface Traits extends WidgetTraits {
  image: DataView;
  reconstruction: DataView;
  code: DataView;
  probabilities: DataView;
  prediction: number;
  normalize: boolean;
  brush: number;
}

export type Model = AnyModel<Traits>;

/** What the kernel would answer to an image. */
function look(network: Network, { image }: Partial<Traits>): Eventually<Partial<Traits>> {
  const pixels = floats(image);
  return when(reconstruct(network, pixels), (result) => ({
    reconstruction: bytes(result.image),
    code: bytes(result.code),
    probabilities: bytes(result.probabilities),
    prediction: pixels.some((value) => value !== 0) ? largest(result.probabilities) : -1,
  }));
}

export class Session {
  readonly drawing: Drawing;
  readonly link: Link<Traits>;
  /** What the network gets, or is about to get. */
  image: Float32Array<ArrayBuffer>;
  private normalize: boolean;
  private adopting = false;

  constructor(private readonly model: Model) {
    this.drawing = new Drawing(model.get("image_shape"));
    this.image = floats(model.get("image"));
    this.normalize = model.get("normalize");
    this.drawing.show(this.image);
    this.drawing.forget();
    this.link = new Link(model, look);
    this.drawing.subscribe(() => {
      if (!this.adopting) this.look();
    });
    model.on("change:normalize", () => this.adoptNormalize(model.get("normalize")));
    this.link.listen("image", (image) => this.adopt(floats(image)));
    this.link.begin(() => ({ image: bytes(this.image) }));
  }

  /** A person chose whether drawings are fitted. */
  fit(normalize: boolean): void {
    this.normalize = normalize;
    this.model.set("normalize", normalize);
    this.look();
    this.model.save_changes(); // if the request has to wait
  }

  /** Have the network look at the drawing as it is when the request goes out. */
  private look(): void {
    let inputs: Partial<Traits> | undefined; // once, for the kernel and the browser
    this.link.ask(() => {
      inputs ??= this.inputs();
      return inputs;
    }, "image");
  }

  private readonly inputs = (): Partial<Traits> => {
    this.image = this.drawing.image(this.normalize);
    return { image: bytes(this.image) };
  };

  /** Follow Python or a linked widget, which may set an image next: that is not to be drawn over. */
  private adoptNormalize(normalize: boolean): void {
    if (normalize === this.normalize) return;
    this.normalize = normalize;
    if (this.drawing.canBeFitted) this.link.askLater(this.inputs);
  }

  /** Show what Python or a linked widget set; what this page set itself is passed over. */
  private adopt(image: Float32Array<ArrayBuffer>): void {
    if (image.every((value, pixel) => value === this.image[pixel])) return;
    this.image = image;
    this.adopting = true;
    this.drawing.show(image);
    this.adopting = false;
    this.link.follow(() => ({ image: bytes(this.image) }));
  }
}
