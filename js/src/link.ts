// Who answers a widget: the kernel while it answers, the browser when it does not.

import type { AnyModel } from "@anywidget/types";
import { type Network, openNetwork } from "./engine/engine";
import type { Eventually } from "./engine/eventually";
import { LatestRequests, type RequestState } from "./requests";
import { type Engine, Status } from "./status";

/** What the traits of every widget hold; the twin of NetworkWidget in Python. */
export interface WidgetTraits {
  _address: string;
  class_names: string[];
  image_shape: [rows: number, columns: number];
  engine: Engine | "auto";
  /** "IPY_MODEL_…": the model that holds the weights, once for all widgets of a network. */
  _network_model: string;
  error: string;
  notice: string;
  _request: number;
  _answered: number;
}

/** Works out in the browser what the kernel would answer to these changes. */
export type Answer<T> = (network: Network, changes: Partial<T>) => Eventually<Partial<T>>;

/** How long an error is shown at least: the next stroke, which may go well, comes at once. */
const READING_MS = 4000;

/** What ipywidgets' own models have; anywidget hides it behind a smaller one. */
interface WholeModel {
  comm_live?: boolean;
  get(name: string): unknown;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

/** A widget's talk with whoever answers, shared by all its views. */
export class Link<T extends WidgetTraits> {
  readonly status = new Status();
  /** The network in the browser, once it is there. */
  network: Network | undefined;
  private readonly requests: LatestRequests<T>;
  private connected = true;
  private writing = false;
  private reading: ReturnType<typeof setTimeout> | undefined;
  private readUntil = 0;
  private newest: (() => Partial<T>) | undefined;
  private first: (() => Partial<T>) | undefined;
  /** Whether an answer is being worked out here, and whether another one waits. */
  private working = false;
  private waiting = false;
  private closed = false;
  /** What takes back the listeners on whole models. */
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly model: AnyModel<T>,
    private readonly answer: Answer<T>,
  ) {
    const onState = (requests: RequestState) => {
      const before = this.status.engine;
      this.status.set({ requests });
      // The kernel is late, or its answer was for what is no longer there.
      if (requests === "late" || before === "browser") this.answerHere();
    };
    this.requests = new LatestRequests(model, (changes) => this.write(changes), onState);
    model.on("change:error", () => this.showError());
    this.showError();
    const showNotice = () => this.status.set({ notice: model.get("notice") ?? "" });
    model.on("change:notice", showNotice);
    showNotice();
    const choose = () => this.status.set({ wanted: model.get("engine") });
    model.on("change:engine", choose);
    choose();
    void this.watchKernel();
    void this.loadNetwork();
  }

  /**
   * Ask with the newest changes, of which a person chose those `names`; the browser, too, tells the
   * kernel where there is one.
   */
  ask<K extends keyof T & string>(changes: () => Partial<T>, ...names: K[]): void {
    this.requests.choose(names);
    this.askAside(changes);
  }

  /** Ask for the page's own sake, such as for rows in view; Python's and links' changes go before. */
  askAside(changes: () => Partial<T>): void {
    this.newest = changes;
    if (this.connected) this.requests.ask(changes);
    this.answerHere();
  }

  /** Ask once the kernel is done with what it is at: what Python sets in it goes before. */
  askLater(changes: () => Partial<T>): void {
    if (this.connected) this.requests.ask(() => ({})); // which it answers after that
    this.askAside(changes);
  }

  /**
   * Hear when Python or a linked widget changes an input. What is older than a person's own choice of
   * it, such as the state that JupyterLab fetches when a connection is mended, is replaced by that.
   *
   * @param merge takes of such a value what the person did not choose
   */
  listen<K extends keyof T & string>(
    input: K,
    listener: (value: T[K]) => void,
    merge?: (value: T[K]) => void,
  ): void {
    this.model.on(`change:${input}`, () => {
      if (this.writing) return;
      const value = this.model.get(input);
      if (!this.newest || !this.isBehind(input)) return listener(value);
      merge?.(value);
      this.requests.ask(this.newest);
    });
  }

  /** Whether the model may hold something older than what a person chose last of these traits. */
  isBehind<K extends keyof T & string>(...names: K[]): boolean {
    return names.some((name) => this.requests.isBehind(name));
  }

  /** Follow changes that Python or a linked widget made: the kernel knows them and has answered. */
  follow(changes: () => Partial<T>): void {
    this.newest = changes;
    this.answerHere();
  }

  /** Inputs at the start: in a page without a kernel, a link may have set them before this was there. */
  begin(changes: () => Partial<T>): void {
    this.first = changes;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.reading);
    this.requests.drop();
    for (const end of this.ends) end();
  }

  /** Where it is the browser's turn: work out the newest changes and show them. */
  private answerHere(): void {
    if (this.working) {
      this.waiting = true;
      return;
    }
    if (!this.newest || this.status.engine !== "browser" || !this.network) return;
    try {
      const changes = this.newest();
      const answer = this.answer(this.network, changes);
      if (answer instanceof Promise) this.awaitAnswer(changes, answer);
      else this.show({ ...changes, ...answer });
    } catch (error) {
      this.fail(error);
    }
  }

  /** An answer that takes a while; of what is asked meanwhile, the newest waits. */
  private awaitAnswer(changes: Partial<T>, answer: Promise<Partial<T>>): void {
    this.working = true;
    this.write(changes);
    answer
      .then(
        (results) => this.status.engine === "browser" && this.show(results),
        (error) => this.fail(error),
      )
      .finally(() => {
        this.working = false;
        if (!this.waiting) return;
        this.waiting = false;
        this.answerHere();
      });
  }

  private show(results: Partial<T>): void {
    this.write(results);
    this.showError();
  }

  private fail(error: unknown): void {
    this.status.set({ error: String(error) });
  }

  /** The kernel's error, for long enough to read; without a kernel nobody would ever take it back. */
  private showError(): void {
    clearTimeout(this.reading);
    const error = this.status.hasKernel ? this.model.get("error") : "";
    const end = this.readUntil - performance.now();
    if (error) this.readUntil = performance.now() + READING_MS;
    if (error || !this.status.hasKernel || end <= 0) this.status.set({ error });
    else this.reading = setTimeout(() => this.status.set({ error: "" }), end);
  }

  private write(changes: Partial<T>): void {
    this.writing = true;
    for (const [name, value] of Object.entries(changes)) {
      this.model.set(name as keyof T & string, value as never);
    }
    this.writing = false;
  }

  /**
   * Follow whether a kernel stands behind the model. Hosts that cannot tell are taken to have one.
   */
  private async watchKernel(): Promise<void> {
    const whole = await this.find(this.model.get("_address"));
    if (whole?.comm_live === undefined) return;
    const check = (first = false) => {
      const connected = whole.comm_live ?? true;
      if (connected === this.connected) return;
      this.connected = connected;
      this.status.set({ kernel: connected ? "alive" : first ? "never" : "gone" });
      this.showError();
      this.requests.drop(); // what was asked before is void
      if (first) this.newest ??= this.first; // and nobody has answered it
      if (connected && this.newest) this.requests.ask(this.newest); // Python hears what it missed
      this.answerHere();
    };
    this.hear(whole, "comm_live_update", check);
    check(true);
  }

  private async loadNetwork(): Promise<void> {
    try {
      const whole = await this.find(this.model.get("_network_model").replace("IPY_MODEL_", ""));
      if (!whole) throw new Error("this page does not have the network's weights");
      let newest = 0;
      const load = async () => {
        newest += 1;
        const turn = newest;
        const weights = whole.get("weights") as ArrayBufferView;
        if (!weights.byteLength) throw new Error(String(whole.get("inability")));
        const network = await openNetwork(weights);
        if (turn !== newest) return; // others came meanwhile
        this.network = network;
        this.status.set({ browser: "ready", inability: "" });
        this.answerHere();
      };
      this.hear(whole, "change:weights", () => load().catch((error) => this.cannot(error)));
      await load();
    } catch (error) {
      this.cannot(error);
    }
  }

  private cannot(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.network = undefined;
    this.status.set({
      browser: "unable",
      inability: `The browser cannot: ${reason.replace(/\.$/, "")}.`,
    });
  }

  /** Listen to a whole model until this is closed; anywidget takes back what is on its own. */
  private hear(whole: WholeModel, event: string, listener: () => void): void {
    if (this.closed) return;
    whole.on(event, listener);
    this.ends.push(() => whole.off(event, listener));
  }

  /** A whole model by its id; hosts without a widget manager have none. */
  private async find(id: string): Promise<WholeModel | undefined> {
    const manager = this.model.widget_manager as
      | { get_model?(id: string): Promise<unknown> | undefined }
      | undefined;
    try {
      return (await manager?.get_model?.(id)) as WholeModel | undefined;
    } catch {
      return undefined;
    }
  }
}
