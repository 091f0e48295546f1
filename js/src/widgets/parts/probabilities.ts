// What the network says: one bar a class.

import { h, setText } from "../../dom";

/** A list of classes with a bar and a figure each. */
export class Probabilities {
  readonly element: HTMLElement;
  private readonly rows: Record<"row" | "bar" | "before" | "figure", HTMLElement>[];
  private prediction = -1;

  /**
   * @param part the rows' `data-part`
   * @param label what is listed, read out
   */
  constructor(classNames: readonly string[], part = "probability", label = "Class probabilities") {
    this.rows = classNames.map((name, index) => {
      const before = h("span", { class: "iv-bar-before", hidden: true });
      const bar = h("span", { class: "iv-bar", "aria-hidden": "true" }, before);
      const figure = h("span", { class: "iv-still" });
      const row = h(
        "li",
        { "data-part": part, "data-class": index, "data-value": "" },
        h("span", { class: "iv-class-name", title: name }, name),
        bar,
        h("span", { class: "iv-figure" }, figure),
      );
      return { row, bar, before, figure };
    });
    this.element = h(
      "ul",
      {
        ...{ class: "iv-probabilities", role: "list", "aria-label": label },
        style: `--iv-longest: ${Math.max(...classNames.map((name) => name.length))}`,
      },
      ...this.rows.map(({ row }) => row),
    );
  }

  /**
   * Show probabilities; `prediction` is set out, -1 dims them all. A line in each bar marks those
   * `before`, where they are given.
   */
  show(probabilities: ArrayLike<number>, prediction: number, before?: ArrayLike<number>): void {
    this.element.classList.toggle("iv-dim", prediction < 0);
    this.rows.forEach((parts, index) => {
      const { row, bar, figure } = parts;
      const value = probabilities[index] ?? 0;
      row.dataset.value = String(value);
      row.classList.toggle("iv-first", index === prediction);
      // A transform or a width would have the whole page layered or laid out anew.
      bar.style.backgroundSize = `${(100 * value).toFixed(1)}% 100%`;
      if (parts.before.hidden === Boolean(before)) parts.before.hidden = !before;
      if (before) parts.before.style.left = `${100 * (before[index] ?? 0)}%`;
      setText(figure, percent(value));
    });
    if (prediction !== this.prediction) requestAnimationFrame(() => this.reveal(prediction));
    this.prediction = prediction;
  }

  /** Scroll a class of many into sight, and nothing but the list. */
  private reveal(index: number): void {
    const row = this.rows[index]?.row;
    if (!row || this.element.scrollHeight <= this.element.clientHeight) return;
    const list = this.element.getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    if (top < list.top) this.element.scrollTop += top - list.top;
    else if (bottom > list.bottom) this.element.scrollTop += bottom - list.bottom;
  }
}

/** "99.3 %"; never 100 % or 0 % unless it is. */
export function percent(value: number): string {
  if (value > 0 && value < 0.0005) return "< 0.1 %";
  if (value < 1 && value >= 0.9995) return "> 99.9 %";
  return `${(100 * value).toFixed(1)} %`;
}
