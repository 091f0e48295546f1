// Draw a digit; see what the network makes of it. The twin of Python's widget.py.

import type { Initialize, Render } from "@anywidget/types";
import { floats } from "../../bytes";
import { enable, h, iconButton, setText } from "../../dom";
import { paintGrey } from "../../pixels/paint";
import { calmly } from "../parts/calm";
import { Frame } from "../parts/frame";
import { caption, framed, picture } from "../parts/pictures";
import { Probabilities, percent } from "../parts/probabilities";
import { type Model, Session, type Traits } from "./session";
import { Surface } from "./surface";

const BRUSH = { min: 0.5, max: 6, step: 0.1 };
const ICONS = {
  eraser: "M9.2 2.6 2.6 9.2l4 4h1.6l5.2-5.2zM5.6 6.2l5.2 5.2M7 13.3h6.5",
  undo: "M5.5 3 2.5 6l3 3M3 6h6.2a3.8 3.8 0 0 1 0 7.6H6",
  redo: "M10.5 3l3 3-3 3M13 6H6.8a3.8 3.8 0 0 0 0 7.6H10",
  clear: "M2.8 4.4h10.4M6 4.2V2.6h4v1.6M4.4 4.4l.6 9h6l.6-9M6.7 7v4M9.3 7v4",
};

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
  frame.paintOn(["reconstruction", "probabilities", "prediction", "_answered"], paintResult);
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
