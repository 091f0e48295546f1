// Move single hidden units; see what the picture does. The twin of Python's widget.py.

import type { Initialize, Render } from "@anywidget/types";
import { floats } from "../../bytes";
import { h, setText } from "../../dom";
import { largest, subtract } from "../../engine/matrices";
import { ranked } from "../../engine/survey";
import { paintGrey, paintSigned, SIGNED_STOPS, signedLimit } from "../../pixels/paint";
import { calmly } from "../parts/calm";
import { Frame } from "../parts/frame";
import { caption, framed, picture } from "../parts/pictures";
import { Probabilities, percent } from "../parts/probabilities";
import { BasePicker } from "./base_picker";
import { UnitChart } from "./chart";
import { UnitGrid } from "./grid";
import { MovedList } from "./moved_list";
import { decimal } from "./numbers";
import { type Model, Session, type Traits } from "./session";
import { UnitSlider } from "./slider";

/** A picture under its name, with what is said of it below. */
function panel(name: string, picture: HTMLElement, below: HTMLElement): HTMLElement {
  return h("figure", { class: "iv-us-shot" }, caption(name), picture, below);
}

/** One view of the sliders. */
function view(session: Session, model: Model, el: HTMLElement): () => void {
  const shape = model.get("image_shape");
  const names = model.get("class_names");
  const count = session.base.length;
  const numbers = Array.from({ length: count }, (_, unit) => unit);
  let effects = floats(model.get("effects"));
  let byEffect = ranked(effects);

  const base = picture("base", "The base, inverted");
  const projection = picture("projection", "The code with the moved units, inverted");
  const difference = picture("difference", "What moving the units changed");
  const baseSays = h("div", { class: "iv-us-says" });
  const saysClass = h("output", { "aria-live": "polite" });
  const saysFigure = h("span");
  const [least, most] = [h("span"), h("span")];
  const colours = SIGNED_STOPS.map((colour) => `rgb(${colour.join()})`).join();
  const legend = h(
    "div",
    { class: "iv-us-legend", "data-part": "legend" },
    least,
    h("span", {
      class: "iv-us-legend-bar",
      style: `background: linear-gradient(to right, ${colours})`,
    }),
    most,
  );
  const probabilities = new Probabilities(names);
  const picker = new BasePicker(model, (code) => session.startFrom(code));
  const slider = new UnitSlider(model, session);
  const moved = new MovedList(
    (unit) => session.choose(unit),
    (unit) => session.reset(unit),
    () => slider.focus(),
  );
  const { buffer, byteOffset, byteLength } = model.get("projections");
  const levels = new Uint8Array(buffer, byteOffset, byteLength);
  const grid = new UnitGrid(levels, shape, (unit) => session.choose(unit));
  const sort = h(
    "select",
    {
      ...{ class: "iv-select", "data-part": "sort" },
      onchange: () => {
        model.set("sort", sort.value as Traits["sort"]);
        model.save_changes();
      },
    },
    h("option", { value: "number" }, "by number"),
    h("option", { value: "effect" }, "by effect"),
  );
  const own = h("option", { value: -1 });
  const target = h(
    "select",
    {
      ...{ class: "iv-select", "data-part": "target" },
      onchange: () => session.rankFor(Number(target.value)),
    },
    own,
    ...names.map((name, index) => h("option", { value: index }, `“${name}”`)),
  );
  const effect = h("p", { class: "iv-caption iv-us-about", "data-part": "effect" });

  const frame = new Frame(
    "unit-sliders",
    model,
    session.link.status,
    h(
      "div",
      { class: "iv-panels" },
      h(
        "div",
        { class: "iv-us-stage" },
        picker.element,
        h(
          "div",
          { class: "iv-us-shots" },
          panel("Base", framed("iv-frame", shape, base), baseSays),
          panel(
            "With the moved units",
            framed("iv-frame", shape, projection),
            h("div", { class: "iv-us-says" }, saysClass, saysFigure),
          ),
          panel("Difference", framed("iv-frame", shape, difference), legend),
        ),
        slider.element,
        moved.element,
      ),
      h(
        "div",
        { class: "iv-panel iv-us-says-all" },
        caption("What the network says (lines: of the base)"),
        probabilities.element,
      ),
      h(
        "div",
        { class: "iv-us-choice" },
        h(
          "div",
          { class: "iv-toolbar iv-us-order" },
          h("label", { class: "iv-field" }, "Units", sort),
          h("label", { class: "iv-field" }, "effect on", target),
        ),
        grid.element,
        effect,
      ),
    ),
  );

  function className(): string {
    const chosen = session.target;
    return names[chosen < 0 ? largest(floats(model.get("base_probabilities"))) : chosen] ?? "";
  }

  function paintControls(): void {
    picker.show(session.base);
    slider.show();
    moved.show(session.moved, session.unit);
    target.value = String(session.target);
    sort.value = model.get("sort");
    const rank = byEffect.indexOf(session.unit) + 1;
    setText(
      effect,
      `Unit ${session.unit} alone, from one end of its range to the other, moves the probability of ` +
        `“${className()}” by ${points(effects[session.unit] ?? 0)} (${rank} of ${count}).`,
    );
    grid.show({
      order: model.get("sort") === "effect" ? byEffect : numbers,
      chosen: session.unit,
      isMoved: (unit) => unit in session.moved,
      describe: (unit) => {
        const value = session.moved[unit];
        const where = value === undefined ? "" : `, moved to ${decimal(value, 2)}`;
        return `Unit ${unit}${where}; effect ${points(effects[unit] ?? 0)}`;
      },
    });
  }

  function paintResult(): void {
    const [before, now] = [floats(model.get("base_image")), floats(model.get("image"))];
    const changes = subtract(now, before);
    const limit = signedLimit(changes);
    paintGrey(base, before, shape);
    paintGrey(projection, now, shape);
    paintSigned(difference, changes, shape, limit);
    difference.dataset.limit = String(limit);
    setText(least, `−${limit}`);
    setText(most, `+${limit}`);
    if (!sameEffects()) byEffect = ranked(effects);
    paintControls();
    paintAnswer();
  }

  const paintAnswer = calmly(probabilities.element, () => {
    const saidBefore = floats(model.get("base_probabilities"));
    const says = floats(model.get("probabilities"));
    const [first, prediction] = [largest(saidBefore), largest(says)];
    setText(baseSays, `${names[first]} · ${percent(saidBefore[first] ?? 0)}`);
    setText(saysClass, names[prediction] ?? "");
    setText(saysFigure, ` · ${percent(says[prediction] ?? 0)}`);
    probabilities.show(says, prediction, saidBefore);
    setText(own, `the base’s class, “${names[first]}”`);
  });

  /** Whether the effects are those that were ranked; takes over the new ones if not. */
  function sameEffects(): boolean {
    const newest = floats(model.get("effects"));
    const same = newest.every((value, unit) => value === effects[unit]);
    effects = newest;
    return same;
  }

  frame.paintOn(["image", "probabilities", "base_image", "effects", "_answered"], paintResult);
  model.on("change:sort", paintControls);
  frame.onClose(session.subscribe(paintControls));
  frame.onClose(session.open());
  frame.onClose(() => {
    slider.close();
    grid.close();
  });
  frame.appear(el);
  return () => frame.close();
}

/** "+12.3 points", "−0.04 points": a difference of probabilities. */
function points(effect: number): string {
  const size = Math.abs(100 * effect);
  return `${effect < 0 ? "−" : "+"}${size.toFixed(size < 1 ? 2 : 1)} points`;
}

export default () => {
  let session: Session;
  const initialize: Initialize<Traits> = ({ model }) => {
    session = new Session(model);
    const chart = new UnitChart(model);
    const showChart = () =>
      chart.show({
        unit: session.unit,
        base: session.base[session.unit] ?? 0,
        value: session.value,
        limits: session.limits,
      });
    session.subscribe(showChart);
    showChart();
    return () => session.close();
  };
  const render: Render<Traits> = ({ model, el }) => view(session, model, el);
  return { initialize, render };
};
