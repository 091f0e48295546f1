// What a grid's traits hold; the twin of the traits in Python's widget.py.

import type { AnyModel } from "@anywidget/types";
import type { WidgetTraits } from "../../link";
import type { Order } from "./filter";
import type { Pick } from "./selection";

export interface Traits extends WidgetTraits, Order {
  selected: DataView;
  visible: DataView;
  current: number;
  image: DataView;
  flip: boolean;
  total: number;
  _confusion_chart: string | null;
  _confusion: DataView;
  _place: [current: number, position: number];
  _top: number;
  _query: {
    rows: [version: number, start: number, stop: number] | null;
    pick: Pick | null;
    carry: boolean;
  };
  _block: DataView;
  _carried: DataView;
  _picked: number;
  _stale: boolean;
}

/** What Python filters and sorts by. */
export function orderOf(model: AnyModel<Traits>): Order {
  const [filter, sort] = [model.get("filter"), model.get("sort")];
  return { filter, sort, descending: model.get("descending") };
}
