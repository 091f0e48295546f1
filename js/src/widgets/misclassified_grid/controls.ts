// The grid's controls: which samples, in which order.

import { enable, h, iconButton, setText } from "../../dom";
import type { Filter, Key } from "./filter";
import type { Session } from "./session";

const ICONS = {
  descending: "M4.5 2.5v11M2 11l2.5 2.5L7 11M9 3.5h5M9 7.5h3.5M9 11.5h2",
  ascending: "M4.5 13.5v-11M2 5l2.5-2.5L7 5M9 4.5h2M9 8.5h3.5M9 12.5h5",
};
const KEYS: Record<Key, string> = {
  confidence: "Confidence",
  loss: "Loss",
  margin: "Margin",
  index: "Index",
};

/** Controls in two groups: above the tiles, and beside them with the confusion matrix. */
export class GridControls {
  readonly bar: HTMLElement;
  readonly side: HTMLElement;
  private readonly misclassified: HTMLButtonElement;
  private readonly all: HTMLButtonElement;
  private readonly sort: HTMLSelectElement;
  private readonly direction: HTMLButtonElement;
  private readonly flip: HTMLInputElement;
  private readonly label: HTMLSelectElement;
  private readonly predicted: HTMLSelectElement;
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly between = h("output", { class: "iv-between" });
  private readonly reset: HTMLButtonElement;

  constructor(
    private readonly session: Session,
    names: readonly string[],
    setFlip: (flip: boolean) => void,
  ) {
    const filter = (change: Partial<Filter>) => session.choose({ filter: change });
    this.misclassified = choiceButton("misclassified", "Misclassified", () =>
      filter({ misclassified: true }),
    );
    this.all = choiceButton("all", "All samples", () => filter({ misclassified: false }));
    this.sort = h(
      "select",
      {
        ...{ class: "iv-select", "data-part": "sort" },
        onchange: () => session.choose({ sort: this.sort.value as Key }),
      },
      ...Object.entries(KEYS).map(([key, name]) => h("option", { value: key }, name)),
    );
    this.direction = iconButton("descending", "Largest first", ICONS.descending, () =>
      session.choose({ descending: !session.order.descending }),
    );
    this.flip = h("input", {
      ...{ type: "checkbox", "data-part": "flip" },
      onchange: () => setFlip(this.flip.checked),
    });
    this.label = classSelect("true-class", names, (value) => filter({ true: value }));
    this.predicted = classSelect("predicted-class", names, (value) => filter({ predicted: value }));
    this.low = slider("confidence-low", "Lowest confidence", () => {
      const low = this.low.valueAsNumber;
      filter({ confidence: [low, Math.max(low, this.high.valueAsNumber)] });
    });
    this.high = slider("confidence-high", "Highest confidence", () => {
      const high = this.high.valueAsNumber;
      filter({ confidence: [Math.min(high, this.low.valueAsNumber), high] });
    });
    this.reset = h(
      "button",
      {
        ...{ type: "button", class: "iv-button iv-outlined", "data-part": "reset" },
        onclick: () => filter({ true: null, predicted: null, confidence: [0, 1] }),
      },
      "Clear filters",
    );
    this.bar = h(
      "div",
      { class: "iv-grid-bar", role: "toolbar", "aria-label": "Which samples, in which order" },
      h(
        "div",
        { class: "iv-grid-choice", role: "group", "aria-label": "Samples shown" },
        this.misclassified,
        this.all,
      ),
      h(
        "div",
        { class: "iv-grid-sort" },
        h("label", { class: "iv-field" }, "Sort by", this.sort),
        this.direction,
      ),
      h(
        "label",
        {
          class: "iv-field iv-line",
          title: "One picture a tile: what the network sees shows while you point at it",
        },
        this.flip,
        "Flip",
      ),
    );
    this.side = h(
      "div",
      { class: "iv-grid-filters" },
      field("True class", this.label),
      field("Taken for", this.predicted),
      h(
        "div",
        { class: "iv-confidences", role: "group", "aria-label": "Confidence" },
        h("span", {}, "Confidence"),
        this.between,
        h("div", { class: "iv-ends" }, this.low, this.high),
      ),
      this.reset,
    );
  }

  /** Show what is chosen now. */
  paint(flip: boolean): void {
    const { filter, sort, descending } = this.session.order;
    const [low, high] = filter.confidence;
    this.misclassified.setAttribute("aria-pressed", String(filter.misclassified));
    this.all.setAttribute("aria-pressed", String(!filter.misclassified));
    this.sort.value = sort;
    const name = descending ? "Largest first" : "Smallest first";
    if (this.direction.title !== name) {
      this.direction.title = name;
      this.direction.setAttribute("aria-label", name);
      const line = this.direction.querySelector("path");
      line?.setAttribute("d", descending ? ICONS.descending : ICONS.ascending);
    }
    this.flip.checked = flip;
    this.label.value = String(filter.true ?? "");
    this.predicted.value = String(filter.predicted ?? "");
    this.low.value = String(low);
    this.high.value = String(high);
    setText(this.between, `${Math.round(100 * low)} – ${Math.round(100 * high)} %`);
    const none = filter.true === null && filter.predicted === null && low === 0 && high === 1;
    enable(this.reset, !none);
  }
}

function choiceButton(part: string, text: string, onclick: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "iv-button", "data-part": part, onclick }, text);
}

function classSelect(
  part: string,
  names: readonly string[],
  choose: (value: number | null) => void,
): HTMLSelectElement {
  const select = h(
    "select",
    {
      ...{ class: "iv-select", "data-part": part },
      onchange: () => choose(select.value === "" ? null : Number(select.value)),
    },
    h("option", { value: "" }, "any"),
    ...names.map((name, number) => h("option", { value: number }, name)),
  );
  return select;
}

function slider(part: string, name: string, oninput: () => void): HTMLInputElement {
  return h("input", {
    ...{ type: "range", class: "iv-range", min: 0, max: 1, step: 0.01, "data-part": part },
    ...{ "aria-label": name, title: name, oninput },
  });
}

function field(name: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "iv-grid-field" }, h("span", {}, name), control);
}
