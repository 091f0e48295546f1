// A bqplot figure inside a widget: Python makes it, the page's widget manager draws it.

import type { AnyModel } from "@anywidget/types";

interface LuminoWidget {
  isAttached: boolean;
  constructor: {
    attach(widget: LuminoWidget, host: HTMLElement): void;
    detach(widget: LuminoWidget): void;
  };
}

interface View {
  luminoWidget: LuminoWidget;
  processLuminoMessage(message: { type: string }): void;
  remove(): void;
}

/** The part of a bqplot model that is used here. */
export interface ChartModel {
  get(name: string): unknown;
  set(changes: Record<string, unknown>): void;
}

interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view?(model: unknown): Promise<View>;
}

/**
 * Show another widget inside `host`, as wide as it is.
 *
 * @param model the model of the widget that shows the chart
 * @param reference the trait that refers to the chart, "IPY_MODEL_…"
 * @returns the function that takes it away
 */
export function embed<T extends object>(
  model: AnyModel<T>,
  reference: string,
  host: HTMLElement,
): () => void {
  const manager = model.widget_manager as unknown as Manager;
  let view: View | undefined;
  let closed = false;
  // The host of a new view is not in the document yet; a size tells that it is.
  const sizes = new ResizeObserver(() => {
    if (!view || !host.isConnected) return;
    const { luminoWidget } = view;
    if (luminoWidget.isAttached) view.processLuminoMessage({ type: "resize" });
    else luminoWidget.constructor.attach(luminoWidget, host);
  });
  const start = async () => {
    if (!manager?.create_view) return; // a host without other widgets, such as marimo
    const child = await manager.get_model(idOf(reference));
    const made = await manager.create_view(child);
    if (closed) return made.remove();
    view = made;
    sizes.observe(host);
  };
  start().catch((error) => console.error(error));
  return () => {
    closed = true;
    sizes.disconnect();
    view?.remove();
  };
}

/** The marks or axes of a chart, in Python's order, to be set from the page: it needs no kernel. */
export async function partsOf<T extends object>(
  model: AnyModel<T>,
  reference: string,
  parts: "marks" | "axes" = "marks",
): Promise<ChartModel[]> {
  const manager = model.widget_manager as unknown as Manager | undefined;
  if (!manager?.create_view) return [];
  const figure = (await manager.get_model(idOf(reference))) as ChartModel;
  return figure.get(parts) as ChartModel[];
}

function idOf(reference: string): string {
  return reference.replace(/^IPY_MODEL_/, "");
}
