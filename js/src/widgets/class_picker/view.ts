// Ask for a class; watch a code being optimized. The twin of Python's widget.py.

import type { Initialize, Render } from "@anywidget/types";
import { floats } from "../../bytes";
import { enable, h, setText } from "../../dom";
import type { Vector } from "../../engine/matrices";
import { rowsOf, type Shaped } from "../../shaped";
import { Frame } from "../parts/frame";
import { caption } from "../parts/pictures";
import { percent } from "../parts/probabilities";
import { ConfidenceChart, chartPlace, Legend } from "./chart";
import { ClassChoice } from "./choice";
import type { Model, Traits } from "./model";
import { Pictures } from "./pictures";
import { Session } from "./session";
import { Settings } from "./settings";
import { agreement, targetName, wantedClasses } from "./targets";
import { Verdict } from "./verdict";

/** One view of the picker. */
function view(session: Session, chart: ConfidenceChart, model: Model, el: HTMLElement): () => void {
  const names = model.get("class_names");
  const save = (classes: Traits["classes"]) => {
    model.set("classes", classes);
    model.save_changes();
  };
  const button = (part: "run" | "stop" | "resume", text: string, look: string) =>
    h(
      "button",
      {
        ...{ type: "button", class: `iv-button ${look}`, "data-part": part },
        onclick: () => session.press(part),
      },
      text,
    );

  const choice = new ClassChoice(names, save);
  const settings = new Settings(model, session.link.status);
  const run = button("run", "Run", "iv-primary");
  const stop = button("stop", "Stop", "iv-outlined");
  const resume = button("resume", "Resume", "iv-outlined");
  const need = h("p", { class: "iv-hint", "data-part": "need" });
  const pictures = new Pictures(model.get("image_shape"), (chosen) => session.lookAt({ chosen }));
  const empty = h("p", { class: "iv-nothing" }, "Pick a class and press Run.");
  const verdict = new Verdict(names);
  const step = h("output", { class: "iv-step", "data-part": "step" });
  const scrubber = h("input", {
    ...{ type: "range", class: "iv-range iv-scrubber", "data-part": "scrubber", min: 0, step: 1 },
    "aria-label": "Step of the optimization to look at",
    oninput: () => session.lookAt({ position: scrubber.valueAsNumber }),
  });
  const place = chartPlace(model);
  const legend = new Legend();
  let seen: { codes: Shaped; chosen: number; image: Vector; ofCode: Vector } | undefined;

  const frame = new Frame(
    "class-picker",
    model,
    session.link.status,
    h(
      "div",
      { class: "iv-panels" },
      h(
        "div",
        { class: "iv-panel iv-ask" },
        caption("Ask for"),
        choice.element,
        settings.element,
        h("div", { class: "iv-toolbar" }, run, stop, resume),
        need,
      ),
      h(
        "figure",
        { class: "iv-panel" },
        caption("What the network has in mind"),
        empty,
        pictures.element,
      ),
      h("div", { class: "iv-panel iv-says" }, verdict.element),
    ),
    h(
      "div",
      { class: "iv-course" },
      h(
        "div",
        { class: "iv-caption iv-course-head" },
        h("span", {}, "How sure it is, step by step"),
        legend.element,
        step,
      ),
      place.element,
      scrubber,
    ),
  );

  function paintControls(): void {
    const classes = model.get("classes");
    const running = model.get("running");
    const picked = Array.isArray(classes) ? classes.length : 1;
    const many = picked * model.get("samples");
    choice.show(classes);
    settings.show();
    setText(
      need,
      many > model.get("_most_codes")
        ? `${many} pictures are too many at once: pick fewer classes or samples, for ${model.get("_most_codes")} at most.`
        : "",
    );
    enable(run, picked > 0 && need.textContent === "");
    setText(run, running ? "Restart" : "Run");
    enable(stop, running);
    const begun = model.get("recorded").length > 0;
    enable(resume, !running && begun && model.get("step") < model.get("steps"));
  }

  function paintResult(): void {
    const targets = rowsOf(model.get("targets"));
    const images = rowsOf(model.get("images"));
    const probabilities = rowsOf(model.get("probabilities"));
    const course = session.shown;
    const chosen = Math.min(model.get("chosen"), images.length - 1);
    const running = model.get("running");
    const position = Math.min(model.get("position"), course.length - 1);
    const at = running ? model.get("step") : (course[position]?.step ?? 0);
    const end = running ? model.get("steps") : model.get("step");
    const codes = model.get("codes");
    // A busy kernel answers late: until then, what is there is of the code looked at before.
    if (!seen || session.isAnswered) {
      const ofCode = floats(model.get("code_probabilities"));
      seen = { codes, chosen, image: floats(model.get("image").data), ofCode };
      verdict.show(targets[chosen], ofCode, floats(model.get("picture_probabilities")));
    }
    if (images.length && seen.codes === codes && seen.chosen === chosen) {
      images[chosen] = seen.image;
      probabilities[chosen] = seen.ofCode;
    }
    empty.hidden = images.length > 0;
    pictures.show(
      images.map((image, i) => ({
        image,
        name: targetName(targets[i]!, names),
        confidence: percent(agreement(targets[i]!, probabilities[i]!)),
      })),
      chosen,
    );
    const along = `step ${at.toLocaleString("en")} of ${end.toLocaleString("en")}`;
    setText(step, images.length ? along : "");
    scrubber.disabled = running || course.length < 2;
    scrubber.max = String(Math.max(course.length - 1, 1));
    scrubber.value = running ? scrubber.max : String(position);
    scrubber.setAttribute("aria-valuetext", `step ${at}`);
    const target = targets[chosen];
    legend.show(target ? wantedClasses(target).map((k) => names[k]!) : []);
    if (images.length)
      chart.show({ course, targets, chosen, at, until: running ? model.get("steps") : 1 });
    paintControls();
  }

  frame.paintOn(
    [
      ...(["step", "codes", "images", "image", "code_probabilities", "running"] as const),
      ...(["trajectory", "position", "chosen", "targets"] as const),
    ],
    paintResult,
  );
  for (const name of SETTINGS) model.on(`change:${name}`, paintControls);
  frame.onClose(session.link.status.subscribe(paintControls));
  frame.onClose(() => place.close());
  frame.appear(el);
  return () => frame.close();
}

const SETTINGS = [
  ...(["classes", "steps", "learning_rate", "prior", "start", "digit", "samples", "seed"] as const),
  "_fitted_priors" as const,
];

export default () => {
  let session: Session;
  let chart: ConfidenceChart;
  const initialize: Initialize<Traits> = ({ model }) => {
    session = new Session(model);
    chart = new ConfidenceChart(model);
    return () => session.close();
  };
  const render: Render<Traits> = ({ model, el }) => view(session, chart, model, el);
  return { initialize, render };
};
