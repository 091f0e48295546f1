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
  matrix: string | null;
  confusion: DataView;
  place: [current: number, position: number];
  top: number;
  asked: {
    rows: [version: number, start: number, stop: number] | null;
    pick: Pick | null;
    carry: boolean;
  };
  block: DataView;
  samples: DataView;
  picked: number;
  stale: boolean;
}

/** What Python filters and sorts by. */
export function orderOf(model: AnyModel<Traits>): Order {
  const [filter, sort] = [model.get("filter"), model.get("sort")];
  return { filter, sort, descending: model.get("descending") };
}
