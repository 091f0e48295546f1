// Walk through all that the network gets wrong. The twin of Python's widget.py.

import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { integers } from "../../bytes";
import { h, setText } from "../../dom";
import { Frame } from "../parts/frame";
import { Confusion } from "./confusion";
import { GridControls } from "./controls";
import type { Traits } from "./model";
import { GridPanel } from "./panel";
import { Session } from "./session";

type Model = AnyModel<Traits>;

const number = (value: number) => value.toLocaleString("en");

/** "50 of 1,000 samples, 3 selected" */
function countOf(session: Session, total: number): string {
  const { source, carries, selection } = session;
  const of =
    carries === undefined || carries === total
      ? `${number(total)} samples`
      : `the ${number(carries)} samples on this page (${number(total)} in all)`;
  const { size } = selection;
  return `${number(source.length)} of ${of}${size ? `, ${number(size)} selected` : ""}`;
}

/** One view of the grid. */
function view(session: Session, model: Model, el: HTMLElement): () => void {
  const names = model.get("class_names");
  const panel = new GridPanel(session, names, model.get("image_shape"), () => model.get("flip"));
  const controls = new GridControls(session, names, (flip) => {
    model.set("flip", flip);
    model.save_changes();
  });
  const count = h("p", { class: "iv-count", "data-part": "count", role: "status" });
  const side = h("aside", { class: "iv-grid-side", "aria-label": "Filters" });
  let confusion: Confusion | undefined;
  const reference = model.get("_confusion_chart");
  if (reference && "create_view" in (model.widget_manager as object)) {
    const counts = integers(model.get("_confusion"));
    confusion = new Confusion(model as AnyModel<never>, reference, counts, names, (cell) => {
      const { filter } = session.order;
      const again = filter.true === cell.label && filter.predicted === cell.predicted;
      const change = again
        ? { true: null, predicted: null }
        : { true: cell.label, predicted: cell.predicted };
      const right = !again && cell.label === cell.predicted; // none of these is misclassified
      session.choose({ filter: { ...change, ...(right && { misclassified: false }) } });
    });
    side.append(confusion.element);
  }
  side.append(controls.side);

  const frame = new Frame(
    "misclassified-grid",
    model,
    session.link.status,
    h("div", { class: "iv-grid-head" }, controls.bar, count),
    h("div", { class: "iv-grid-body" }, panel.element, side),
  );
  const paint = () => {
    setText(count, countOf(session, model.get("total")));
    count.dataset.value = String(session.source.length);
    controls.paint(model.get("flip"));
    confusion?.show(session.order.filter);
    panel.paint();
  };
  panel.onRepaint = frame.paintOn(
    [
      "_block",
      "selected",
      "current",
      "filter",
      "sort",
      "descending",
      "_answered",
      "flip",
      "_picked",
    ],
    paint,
  );
  model.on("change:flip", () => panel.resize());
  frame.onClose(() => panel.close());
  frame.onClose(() => confusion?.close());
  frame.appear(el);
  return () => frame.close();
}

export default () => {
  let session: Session;
  const initialize: Initialize<Traits> = ({ model }) => {
    session = new Session(model);
    return () => session.close();
  };
  const render: Render<Traits> = ({ model, el }) => view(session, model, el);
  return { initialize, render };
};
