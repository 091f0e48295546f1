// What all views of one grid share: the filter, the rows, the selection, the talk with who answers.

import type { AnyModel } from "@anywidget/types";
import { bytes } from "../bytes";
import type { Network } from "../engine/network";
import { Link, type WidgetTraits } from "../link";
import { Block } from "./blocks";
import type { Filter, Key } from "./order";
import { type Pick, Selection } from "./selection";
import { brightness, KernelSource, PageSource, type Source } from "./sources";

export interface Traits extends WidgetTraits {
  filter: Filter;
  sort: Key;
  descending: boolean;
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

/** A view of the grid, as the session needs it. */
export interface Viewer {
  /** Positions in view, `margin` panels above and below included. */
  range(margin: number): [first: number, last: number];
  /** Another order is shown: begin at its top. */
  restart(): void;
  /** Python or a linked widget wants a position seen; as the first one, or as the current one. */
  reveal(position: number, how: "first" | "current"): void;
  repaint(): void;
}

const ORDER = ["filter", "sort", "descending"] as const;
type Order = { [name in (typeof ORDER)[number]]: Traits[name] };

const QUIET_MS = 2000; // before the page asks for other samples to carry along
const REPORT_MS = 120; // after the last move, before Python hears what is visible

export class Session {
  readonly link: Link<Traits>;
  readonly selection = new Selection();
  readonly viewers = new Set<Viewer>();
  filter: Filter;
  sort: Key;
  descending: boolean;
  current: number;
  private readonly pixels: number;
  private top: number;
  private visible: Int32Array<ArrayBuffer>;
  private lead: Viewer | undefined;
  private chosen = false; // something that the kernel has not answered yet
  private picking = false; // a pick that the kernel has not followed yet
  private carrying = false;
  private sought = false; // whether the current sample is still to be shown
  private received: DataView | undefined;
  private fetching: string | undefined; // what was asked for last
  private kernel!: KernelSource;
  private kernelOrder = ""; // what the kernel's rows are filtered and sorted by
  private page: { key: string; source: PageSource } | undefined;
  private carried: Block;
  private shown: Source;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private report: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: AnyModel<Traits>) {
    const [rows, columns] = model.get("image_shape");
    this.pixels = rows * columns;
    this.filter = model.get("filter");
    this.sort = model.get("sort");
    this.descending = model.get("descending");
    this.current = model.get("current");
    this.top = model.get("top");
    this.visible = integers(model.get("visible"));
    this.carried = new Block(model.get("samples"), this.pixels);
    this.selection.adopt(integers(model.get("selected")));
    this.receive();
    this.shown = this.kernel;
    this.link = new Link(model, (network) => this.answer(network));
    this.listen();
    this.link.follow(this.inputs);
  }

  /** The rows shown now. */
  get source(): Source {
    return this.shown;
  }

  /** Whether the page shows the samples that it carries, and how many these are. */
  get carries(): number | undefined {
    return this.shown === this.kernel ? undefined : this.carried.rows;
  }

  /** Where a new view begins: at the current sample if it is shown, else where another one was. */
  start(): { current: number; top: number } {
    return { current: this.place(this.current), top: this.top };
  }

  /** A person changed what is shown, or in which order. */
  choose(change: { filter?: Partial<Filter>; sort?: Key; descending?: boolean }): void {
    this.filter = { ...this.filter, ...change.filter };
    this.sort = change.sort ?? this.sort;
    this.descending = change.descending ?? this.descending;
    this.chosen = true;
    this.ask();
  }

  /** A person went to a sample. */
  goTo(index: number): void {
    if (index === this.current) return;
    this.current = index;
    this.sought = false;
    this.chosen = true;
    this.ask();
  }

  /** A person selected something; `pick` does it to the selection. */
  select(pick: (selection: Selection) => void): void {
    pick(this.selection);
    if (this.shown !== this.kernel) this.resolve();
    this.picking = true;
    this.ask();
  }

  /** A view was scrolled, or has another size: have its rows here, and tell what is visible. */
  moved(viewer: Viewer): void {
    this.lead = viewer;
    this.fetch();
    clearTimeout(this.report);
    this.report = setTimeout(() => {
      const before = [this.top, ...this.visible].join();
      this.look();
      if ([this.top, ...this.visible].join() !== before) this.ask();
    }, REPORT_MS);
  }

  close(): void {
    clearTimeout(this.report);
    clearTimeout(this.quiet);
    this.link.close();
  }

  private ask(): void {
    clearTimeout(this.quiet);
    this.link.ask(this.inputs);
    this.update();
    this.waitForQuiet();
  }

  /** All that whoever answers needs to know, as it is when the request goes out. */
  private readonly inputs = (): Partial<Traits> => {
    this.receive();
    this.look();
    const { filter, sort, descending, current, top } = this;
    return {
      ...{ filter, sort, descending, current, top },
      visible: view(this.visible),
      asked: {
        rows: this.missing(),
        pick: this.picking ? this.selection.pick : null,
        carry: this.carrying,
      },
    };
  };

  /** What the browser answers: from the samples that the page carries. */
  private answer(network: Network): Partial<Traits> {
    const key = orderOf(this);
    if (this.page?.key !== key) {
      const { carried, filter, sort, descending } = this;
      const version = (this.page?.source.version ?? 0) - 1; // none of the kernel's
      const source = new PageSource(version, carried, network, filter, sort, descending);
      this.page = { key, source };
    }
    this.update();
    if (this.shown === this.kernel) return {}; // it will tell the rest
    const row = this.carried.indices.indexOf(this.current);
    return {
      selected: view(this.selection.indices(this.shown)),
      ...(row >= 0 && { image: bytes(brightness(this.carried.sample(row).pixels)) }),
    };
  }

  private listen(): void {
    const { model, link } = this;
    const wasChosen = () => this.chosen; // else it was a report of what is visible, or the like
    model.on("change:answered", () => {
      this.chosen &&= link.isBehind;
    });
    const follow = () => {
      const order = this.modelOrder;
      if (orderOf(order) === orderOf(this)) return;
      Object.assign(this, order);
      link.follow(this.inputs);
      this.waitForQuiet();
    };
    for (const name of ORDER) link.listen(name, follow, wasChosen);
    const goTo = (current: number) => {
      if (current === this.current) return;
      this.current = current;
      this.sought = true;
      link.follow(this.inputs);
      this.seek();
    };
    link.listen("current", goTo, wasChosen);
    model.on("change:place", () => this.seek()); // the kernel says it a little later
    const scroll = (top: number) => {
      if (top !== this.top) this.reveal(top, "first");
    };
    link.listen("top", scroll, wasChosen);
    model.on("change:picked", () => this.settle());
    model.on("change:selected", () => {
      if (!this.picking) this.selection.adopt(integers(model.get("selected")));
    });
    model.on("change:block", () => this.update());
    model.on("change:samples", () => {
      this.carried = new Block(model.get("samples"), this.pixels);
      this.page = undefined;
      link.follow(this.inputs);
    });
    model.on("change:stale", () => {
      this.carrying = false;
      this.waitForQuiet();
    });
    let { engine } = link.status;
    link.status.subscribe(() => {
      if (engine === link.status.engine) return;
      engine = link.status.engine;
      this.update();
    });
  }

  /** Take the block that came last; one of another order ends the order before. */
  private receive(): void {
    const data = this.model.get("block");
    if (data === this.received) return;
    this.received = data;
    this.fetching = undefined;
    const block = new Block(data, this.pixels);
    if (block.version === this.kernel?.version) this.kernel.add(block);
    else {
      this.kernel = new KernelSource(block);
      this.kernelOrder = orderOf(this.modelOrder);
    }
  }

  /** Show the rows of who answers now. */
  private update(): void {
    const before = this.shown;
    this.receive();
    this.shown = (this.pageAnswers && this.page?.source) || this.kernel;
    const other = before.version !== this.shown.version;
    const sameSide = before.version > 0 === this.shown.version > 0;
    if (!sameSide && this.carriesAll && this.kernelOrder === orderOf(this)) {
      this.selection.move(this.shown);
    }
    for (const viewer of this.viewers) {
      if (other && sameSide) viewer.restart();
      viewer.repaint();
    }
    this.fetch();
  }

  private get modelOrder(): Order {
    const { model } = this;
    const [filter, sort] = [model.get("filter"), model.get("sort")];
    return { filter, sort, descending: model.get("descending") };
  }

  /** Whether to show what the page carries: it does not replace a busy kernel's rows by fewer. */
  private get pageAnswers(): boolean {
    const { engine, standsIn } = this.link.status;
    if (standsIn && this.kernelOrder === orderOf(this)) return this.carriesAll;
    return engine === "browser";
  }

  private get carriesAll(): boolean {
    return this.carried.rows === this.model.get("total");
  }

  /** Ask for rows that are needed and not on their way. */
  private fetch(): void {
    const needed = this.missing()?.join();
    if (!needed || needed === this.fetching) return;
    this.fetching = needed;
    this.link.ask(this.inputs);
  }

  /** The kernel has followed a pick: what it selected holds, unless more was picked since. */
  private settle(): void {
    if (this.model.get("picked") !== this.selection.number) return;
    this.picking = false;
    this.selection.adopt(integers(this.model.get("selected")));
  }

  private resolve(): void {
    this.selection.adopt(this.selection.indices(this.shown));
  }

  /** What to ask the kernel for next: what is in view first, then what is near. */
  private missing(): [version: number, start: number, stop: number] | null {
    if (this.shown !== this.kernel) return null;
    for (const margin of [0, 1]) {
      for (const viewer of this.viewers) {
        const range = this.kernel.missing(...viewer.range(margin));
        if (range) return [this.kernel.version, ...range];
      }
    }
    return null;
  }

  /** Note what the view that was moved last shows. */
  private look(): void {
    if (!this.lead) return;
    const [first, last] = this.lead.range(0);
    const indices = [];
    for (let position = first; position < last; position++) {
      const sample = this.shown.sample(position);
      if (!sample) return; // on its way
      indices.push(sample.index);
    }
    this.top = first;
    this.visible = Int32Array.from(indices);
  }

  private place(index: number): number {
    if (this.shown instanceof PageSource) return this.shown.positionOf(index);
    const [sample, position] = this.model.get("place");
    return sample === index ? position : -1;
  }

  /** Go to the sample that Python or a linked widget made the current one. */
  private seek(): void {
    const position = this.sought ? this.place(this.current) : -1;
    if (position < 0) return;
    this.sought = false;
    this.reveal(position, "current");
  }

  private reveal(position: number, how: "first" | "current"): void {
    if (position < 0) return;
    for (const viewer of this.viewers) viewer.reveal(position, how);
  }

  /** When nobody has asked for a while, have the page carry along what passes the filter. */
  private waitForQuiet(): void {
    clearTimeout(this.quiet);
    if (!this.model.get("stale")) return;
    this.quiet = setTimeout(() => {
      if (this.link.status.engine !== "kernel" || this.link.status.state !== "idle") return;
      this.carrying = true;
      this.link.ask(this.inputs);
    }, QUIET_MS);
  }
}

/** Alike for the same samples in the same order. */
function orderOf({ filter, sort, descending }: Order): string {
  return JSON.stringify([filter, sort, descending]);
}

function integers(value: DataView | undefined): Int32Array<ArrayBuffer> {
  if (!value?.byteLength) return new Int32Array(0);
  const { buffer, byteOffset, byteLength } = value;
  return new Int32Array((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength));
}

function view(values: Int32Array<ArrayBuffer>): DataView {
  return new DataView(values.buffer, values.byteOffset, values.byteLength);
}
