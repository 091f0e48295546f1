// Draw a digit; see what the network makes of it. The twin of invertviz/widgets/drawing_canvas.py.

import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { bytes, floats } from "../bytes";
import { enable, h, iconButton, setText } from "../dom";
import { largest } from "../engine/matrices";
import type { Network } from "../engine/network";
import { Link, type WidgetTraits } from "../link";
import { Drawing } from "../pixels/drawing";
import { paintGrey } from "../pixels/paint";
import { calmly } from "./parts/calm";
import { Frame } from "./parts/frame";
import { caption, framed, picture } from "./parts/pictures";
import { Probabilities, percent } from "./parts/probabilities";
import { Surface } from "./parts/surface";

interface Traits extends WidgetTraits {
  image: DataView;
  reconstruction: DataView;
  code: DataView;
  probabilities: DataView;
  prediction: number;
  normalize: boolean;
  brush: number;
}

type Model = AnyModel<Traits>;

const BRUSH = { min: 0.5, max: 6, step: 0.1 };
const ICONS = {
  eraser: "M9.2 2.6 2.6 9.2l4 4h1.6l5.2-5.2zM5.6 6.2l5.2 5.2M7 13.3h6.5",
  undo: "M5.5 3 2.5 6l3 3M3 6h6.2a3.8 3.8 0 0 1 0 7.6H6",
  redo: "M10.5 3l3 3-3 3M13 6H6.8a3.8 3.8 0 0 0 0 7.6H10",
  clear: "M2.8 4.4h10.4M6 4.2V2.6h4v1.6M4.4 4.4l.6 9h6l.6-9M6.7 7v4M9.3 7v4",
};

/** What the kernel would answer to an image. */
function look(network: Network, { image }: Partial<Traits>): Partial<Traits> {
  const pixels = floats(image);
  const result = network.reconstruct(pixels);
  return {
    reconstruction: bytes(result.image),
    code: bytes(result.code),
    probabilities: bytes(result.probabilities),
    prediction: pixels.some((value) => value !== 0) ? largest(result.probabilities) : -1,
  };
}

/** What all views of one canvas share: the drawing, and the talk with whoever answers. */
class Session {
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

/** One view of the canvas. */
function view(session: Session, model: Model, el: HTMLElement): () => void {
  const { drawing } = session;
  const shape = model.get("image_shape");
  const names = model.get("class_names");
  let erase = false;

  const surface = new Surface(drawing, shape, () => ({ width: model.get("brush"), erase }));
  const probabilities = new Probabilities(names);
  const seen = picture("input", "What the network gets: the drawing in its own pixels");
  const reconstruction = picture("reconstruction", "What the network sees: the code, inverted");
  const predicted = h("output", { class: "iv-prediction", "aria-live": "polite" });
  const confidence = h("span", { class: "iv-still" });

  const toggleEraser = () => {
    erase = !erase;
    eraser.setAttribute("aria-pressed", String(erase));
  };
  const eraser = iconButton("eraser", "Eraser", ICONS.eraser, toggleEraser);
  eraser.setAttribute("aria-pressed", "false");
  const undo = iconButton("undo", "Undo", ICONS.undo, () => drawing.undo());
  const redo = iconButton("redo", "Redo", ICONS.redo, () => drawing.redo());
  const clear = iconButton("clear", "Clear", ICONS.clear, () => drawing.clear());
  const brush = h("input", {
    ...{
      type: "range",
      class: "iv-range",
      "data-part": "brush",
      title: "Width of the pen",
      ...BRUSH,
    },
    oninput: () => {
      model.set("brush", brush.valueAsNumber);
      model.save_changes();
    },
  });
  const normalize = h("input", {
    ...{ type: "checkbox", "data-part": "normalize" },
    onchange: () => session.fit(normalize.checked),
  });

  const answer = h(
    "div",
    { class: "iv-panel iv-answer" },
    h(
      "div",
      { class: "iv-headline" },
      h("figure", { class: "iv-thumbnail" }, seen, caption("input")),
      h(
        "div",
        { class: "iv-verdict" },
        predicted,
        h("span", { class: "iv-confidence" }, confidence),
      ),
    ),
    probabilities.element,
  );

  const frame = new Frame(
    "drawing-canvas",
    model,
    session.link.status,
    h(
      "div",
      { class: "iv-panels" },
      h(
        "figure",
        { class: "iv-panel" },
        caption("Your drawing"),
        surface.element,
        h(
          "div",
          { class: "iv-toolbar", role: "toolbar", "aria-label": "Drawing tools" },
          eraser,
          h("label", { class: "iv-field" }, h("span", { class: "iv-hidden" }, "Pen width"), brush),
          undo,
          redo,
          clear,
        ),
      ),
      h(
        "figure",
        { class: "iv-panel" },
        caption("What the network sees"),
        framed("iv-frame", shape, reconstruction),
        h(
          "label",
          {
            class: "iv-field iv-line",
            title: "Fit drawings into a 20×20 box, as MNIST's digits are",
          },
          normalize,
          "Fit and centre like MNIST",
        ),
      ),
      answer,
    ),
  );

  function shortcut(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    const text = event.target instanceof HTMLInputElement;
    if (command && (key === "y" || (key === "z" && event.shiftKey))) drawing.redo();
    else if (command && key === "z") drawing.undo();
    else if (command || text) return;
    else if (key === "delete" || key === "backspace") drawing.clear();
    else if (key === "e") toggleEraser();
    else return;
    event.preventDefault();
  }

  function paintControls(): void {
    enable(undo, drawing.canUndo);
    enable(redo, drawing.canRedo);
    enable(clear, !drawing.isEmpty);
    surface.element.classList.toggle("iv-empty", drawing.isEmpty);
    brush.value = String(model.get("brush"));
    normalize.checked = model.get("normalize");
  }

  function paintInput(): void {
    paintGrey(seen, session.image, shape);
  }

  function paintResult(): void {
    paintGrey(reconstruction, floats(model.get("reconstruction")), shape);
    paintAnswer();
  }

  const paintAnswer = calmly(answer, () => {
    const prediction = model.get("prediction");
    const values = floats(model.get("probabilities"));
    probabilities.show(values, prediction);
    setText(predicted, names[prediction] ?? "–");
    setText(confidence, prediction < 0 ? "blank" : percent(values[prediction] ?? 0));
  });

  frame.root.addEventListener("keydown", shortcut);
  frame.paintOn(["reconstruction", "probabilities", "prediction", "answered"], paintResult);
  model.on("change:image", () => queueMicrotask(paintInput)); // when the question is on its way
  paintInput();
  paintControls();
  model.on("change:brush", paintControls);
  model.on("change:normalize", paintControls);
  frame.onClose(drawing.subscribe(paintControls));
  frame.onClose(() => surface.close());
  frame.appear(el);
  return () => frame.close();
}

export default () => {
  let session: Session;
  const initialize: Initialize<Traits> = ({ model }) => {
    session = new Session(model);
    return () => session.link.close();
  };
  const render: Render<Traits> = ({ model, el }) => view(session, model, el);
  return { initialize, render };
};
