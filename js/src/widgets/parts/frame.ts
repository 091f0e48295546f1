// What every widget's root has: the hooks that tests and styles hold on to, the message, the frames.

import type { AnyModel } from "@anywidget/types";
import { h, setText } from "../../dom";
import type { WidgetTraits } from "../../link";
import type { Status } from "../../status";

/** The root element of one view. */
export class Frame<T extends WidgetTraits> {
  readonly root: HTMLElement;
  private frames = 0;
  private readonly ends: (() => void)[];

  /**
   * @param name of the widget, such as "drawing-canvas"
   * @param model the widget's model
   * @param status how things stand, shown as `data-engine`, `data-state` and a message
   * @param children what the widget shows
   */
  constructor(
    name: string,
    private readonly model: AnyModel<T>,
    status: Status,
    ...children: Node[]
  ) {
    const message = h("p", { class: "iv-message", "data-part": "message", role: "status" });
    this.root = h(
      "div",
      {
        class: `iv-root iv-${name}`,
        "data-invertviz": name,
        "data-lm-suppress-shortcuts": "true", // JupyterLab's own keys, such as Z in command mode …
        onfocusin: ({ target }: FocusEvent) => {
          (target as Element).setAttribute("data-lm-suppress-shortcuts", "true"); // … which match it
        },
      },
      ...children,
      message,
    );
    this.ends = [
      status.subscribe(() => {
        this.root.dataset.engine = status.engine;
        this.root.dataset.state = status.state;
        setText(message, status.message);
      }),
    ];
  }

  /**
   * Call `paint` once after any of these traits changed, and now; each counts as a frame.
   *
   * @returns the function that has it painted for another reason
   */
  paintOn(traits: readonly (keyof T & string)[], paint: () => void): () => void {
    let scheduled = false;
    const paintFrame = () => {
      scheduled = false;
      paint();
      this.frames += 1;
      this.root.dataset.frame = String(this.frames);
    };
    const schedule = () => {
      // The kernel's answer changes several traits in one go.
      if (!scheduled) queueMicrotask(paintFrame);
      scheduled = true;
    };
    for (const name of traits) this.model.on(`change:${name}`, schedule);
    paintFrame();
    return schedule;
  }

  /** Appear in the element that the host has for this view. */
  appear(host: HTMLElement): void {
    host.classList.add("iv-host");
    host.append(this.root);
  }

  /** Call `end` when the view is closed. */
  onClose(end: () => void): void {
    this.ends.push(end);
  }

  close(): void {
    for (const end of this.ends) end();
    this.root.remove();
  }
}
