// What all views of one grid share: the filter, the selection, the talk with who answers.

import type { AnyModel } from "@anywidget/types";
import { bytes, integers } from "../../bytes";
import type { Network } from "../../engine/engine";
import { Link } from "../../link";
import { Carrying } from "./carrying";
import { type Filter, type Order, orderKey } from "./filter";
import { orderOf, type Traits } from "./model";
import { Rows } from "./rows";
import { Selection } from "./selection";
import { brightness, type Source } from "./sources";
import { type Viewer, Views } from "./views";

const REPORT_MS = 120; // after the last move, before Python hears what is visible

export class Session {
  readonly link: Link<Traits>;
  readonly selection = new Selection();
  readonly views: Views;
  order: Order;
  current: number;
  private readonly rows: Rows;
  private readonly carrying: Carrying;
  private sought = false; // whether the current sample is still to be shown
  private report: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: AnyModel<Traits>) {
    this.order = orderOf(model);
    this.current = model.get("current");
    this.rows = new Rows(model);
    this.views = new Views(model);
    this.selection.adopt(integers(model.get("selected")));
    this.link = new Link(model, (network) => this.answer(network));
    const { status } = this.link;
    this.carrying = new Carrying(model, status, () => this.link.askAside(this.inputs));
    this.listen();
    this.link.follow(this.inputs);
  }

  /** The rows shown now. */
  get source(): Source {
    return this.rows.shown;
  }

  /** Whether the page shows the samples that it carries, and how many these are. */
  get carries(): number | undefined {
    return this.rows.carries;
  }

  /** Where a new view begins: at the current sample if it is shown, else where another one was. */
  start(): { current: number; top: number } {
    return { current: this.rows.positionOf(this.current), top: this.views.top };
  }

  /** A person changed what is shown, or in which order. */
  choose({
    filter,
    ...order
  }: Partial<Omit<Order, "filter">> & { filter?: Partial<Filter> }): void {
    this.selection.resolve(this.source); // Python sorts before it looks at what was picked
    this.order = { ...this.order, ...order, filter: { ...this.order.filter, ...filter } };
    const names = Object.keys({ ...order, ...(filter && { filter }) }) as (keyof Order)[];
    this.link.ask(this.inputs, "_top", ...names);
    this.update();
    this.carrying.wait();
  }

  /** A person went to a sample. */
  goTo(index: number): void {
    if (index === this.current) return;
    this.current = index;
    this.sought = false;
    this.link.ask(this.inputs, "_top", "current");
    this.update();
  }

  /** A person selected something; `pick` does it to the selection. */
  select(pick: (selection: Selection) => void): void {
    pick(this.selection);
    if (!this.rows.areKernels) this.selection.adopt(this.selection.indices(this.source));
    this.link.askAside(this.inputs);
    this.update();
  }

  /** A person scrolled a view, or it has another size: it is the one to tell of. */
  moved(viewer: Viewer): void {
    this.views.moved(viewer);
    this.placed();
  }

  /** A view shows other rows, whoever moved it: have them here, and tell what is visible. */
  placed(): void {
    this.fetch();
    this.tellVisible();
  }

  /** A view was closed: what is visible is what another shows. */
  left(viewer: Viewer): void {
    this.views.remove(viewer);
    this.tellVisible();
  }

  close(): void {
    clearTimeout(this.report);
    this.carrying.close();
    this.link.close();
  }

  /** Tell what is visible, when that has not changed for a moment. */
  private tellVisible(): void {
    clearTimeout(this.report);
    this.report = setTimeout(() => {
      if (this.views.look(this.source)) this.link.askAside(this.inputs);
    }, REPORT_MS);
  }

  /** All that whoever answers needs to know, as it is when the request goes out. */
  private readonly inputs = (): Partial<Traits> => {
    this.rows.receive();
    this.views.look(this.source);
    const { selection, views } = this;
    return {
      ...this.order,
      current: this.current,
      _top: views.top,
      visible: bytes(views.visible),
      _query: {
        rows: this.rows.missing(views),
        pick: selection.pending ? selection.pick : null,
        carry: this.carrying.due,
      },
    };
  };

  /** What the browser answers: from the samples that the page carries. */
  private answer(network: Network): Partial<Traits> {
    this.rows.arrange(this.order, network, () => this.views.repaint(false));
    this.update();
    if (this.rows.areKernels) return {}; // it will tell the rest
    const pixels = this.rows.pixelsOf(this.current);
    return {
      selected: bytes(this.selection.indices(this.source)),
      ...(pixels && { image: bytes(brightness(pixels)) }),
    };
  }

  private listen(): void {
    const { model, link, selection } = this;
    for (const name of ["filter", "sort", "descending"] as const) {
      link.listen(name, (value) => this.adoptOrder({ ...this.order, [name]: value }));
    }
    link.listen("current", (current) => this.adoptCurrent(current));
    link.listen("_top", (top) => {
      if (top !== this.views.top) this.views.reveal(top, "first");
    });
    model.on("change:_place", () => this.seek()); // the kernel says it a little later
    const selected = () => integers(model.get("selected"));
    model.on("change:_picked", () => selection.settle(model.get("_picked"), selected()));
    model.on("change:selected", () => {
      if (!selection.pending || !link.status.hasKernel) selection.adopt(selected());
    });
    model.on("change:_block", () => this.update());
    model.on("change:_carried", () => {
      this.rows.carry();
      link.follow(this.inputs);
    });
    let { engine } = link.status;
    link.status.subscribe(() => {
      if (engine === link.status.engine) return;
      engine = link.status.engine;
      this.update();
    });
  }

  private adoptOrder(order: Order): void {
    if (orderKey(order) === orderKey(this.order)) return;
    this.order = order;
    this.link.follow(this.inputs);
    this.carrying.wait();
  }

  private adoptCurrent(current: number): void {
    if (current === this.current) return;
    this.current = current;
    this.sought = true;
    this.link.follow(this.inputs);
    this.seek();
  }

  /** Show the rows of who answers now. */
  private update(): void {
    const change = this.rows.update(this.order, this.link.status);
    if (change === "same rows") this.selection.move(this.source);
    this.views.repaint(change === "reordered");
    this.fetch();
  }

  /** Ask for rows that are needed and not on their way. */
  private fetch(): void {
    if (this.rows.need(this.views)) this.link.askAside(this.inputs);
  }

  /** Go to the sample that Python or a linked widget made the current one. */
  private seek(): void {
    const position = this.sought ? this.rows.positionOf(this.current) : -1;
    if (position < 0) return;
    this.sought = false;
    this.views.reveal(position, "current");
  }
}
