// What all views of one class picker share: the talk with the kernel, and runs in the page itself.

import { bytes, floats } from "../../bytes";
import { Descent, type Moment } from "../../engine/descent";
import type { Network, Pull } from "../../engine/engine";
import { all, type Eventually, when } from "../../engine/eventually";
import { displayable, same, type Vector } from "../../engine/matrices";
import { Link } from "../../link";
import { rowsOf, shaped, shapedAs } from "../../shaped";
import type { Model, Traits } from "./model";
import { planOf } from "./plan";
import { pullsOf } from "./priors";
import { Run } from "./run";
import { codesAbout, firstCodes } from "./starts";
import { targetRows } from "./targets";

type Action = "run" | "stop" | "resume";

const MOST_SEEN = 400; // moments

const INPUTS = ["chosen", "position", "_command"] as const;

export class Session {
  readonly link: Link<Traits>;
  /** The present run as this page saw it: where its codes were, and are. */
  seen: Moment[] = [];
  /** What runs in this page, if anything does. */
  private run: Run | undefined;
  /** What this page worked out and Python may not have heard: newer than what a late kernel sends. */
  private own: Partial<Traits> = {};
  private command: [number, string];
  private obeyed: number;
  private setting = false;

  constructor(private readonly model: Model) {
    this.command = model.get("_command");
    this.obeyed = this.command[0];
    this.link = new Link(model, (network, { _command = this.command }) => {
      this.obey(network, _command);
      return this.look(network);
    });
    model.on("change:running", () => this.onRunning());
    model.on("change:step", () => this.note());
    model.on("change:_answered", () => this.onAnswer());
    model.on("msg:custom", ({ stop }: { stop?: boolean }) => stop && this.stop());
    const follow = () => this.link.follow(() => this.inputs());
    this.link.listen("chosen", () => this.setting || follow());
    this.link.listen("position", () => this.setting || follow());
    this.onRunning();
    this.link.status.subscribe(() => this.takeOver());
  }

  /** Run, stop or resume, wherever it is to happen. */
  press(action: Action): void {
    const { network, status } = this.link;
    this.command = [newNumber(), action];
    status.set({ error: "" });
    const here = status.engine === "browser" && (action !== "stop" || this.run);
    if (!here || !network) {
      if (action !== "stop") this.yield();
      this.ask();
      return;
    }
    try {
      this.obey(network, this.command);
      this.report();
    } catch (error) {
      status.set({ error: messageOf(error) });
    }
  }

  /** Look at another code, or at another record of its way. */
  lookAt(changes: Partial<Pick<Traits, "chosen" | "position">>): void {
    this.set(changes);
    this.ask();
  }

  close(): void {
    this.yield();
    this.link.close();
  }

  private ask(): void {
    this.link.ask(() => this.inputs(), ...INPUTS);
  }

  /** What Python is to hear; with what it is to adopt, as that may not be what the model holds now. */
  private inputs(): Partial<Traits> {
    const { model, command } = this;
    const adopt = command[1] === "adopt" ? this.own : {};
    return {
      ...adopt,
      chosen: model.get("chosen"),
      position: model.get("position"),
      _command: command,
    };
  }

  private set(changes: Partial<Traits>): void {
    this.setting = true;
    for (const [name, value] of Object.entries(changes)) {
      this.model.set(name as keyof Traits & string, value as never);
    }
    this.setting = false;
  }

  private setOwn(results: Partial<Traits>): void {
    Object.assign(this.own, results);
    this.set(results);
  }

  /** Leave the run to the kernel. */
  private yield(): void {
    this.run?.drop();
    this.run = undefined;
    this.own = {};
  }

  /** Python stops what runs here. */
  private stop(): void {
    if (!this.run) return;
    this.run.stop();
    this.own.running = false;
  }

  /** Do here what was asked for, once. */
  private obey(network: Network, [number, action]: [number, string]): void {
    if (number === this.obeyed) return;
    this.obeyed = number;
    if (action === "run") this.begin(network);
    else if (action === "resume") this.resume(network, this.course());
    else if (action === "stop" && this.run) this.run.stop();
    else if (action === "stop") this.setOwn({ running: false });
  }

  private begin(network: Network): void {
    const { model } = this;
    const plan = planOf(model);
    const targets = targetRows(plan, model.get("class_names").length);
    if (!targets.length) throw new Error("pick a class first");
    const pulls = this.pulls(targets);
    const start = pulls ? codesAbout(pulls, plan) : firstCodes(network, plan, targets.length);
    this.set({ chosen: Math.min(model.get("chosen"), targets.length - 1) });
    this.seen = [];
    this.start(network, targets, start, pulls);
  }

  private resume(network: Network, course: Moment[]): void {
    const targets = rowsOf(this.model.get("targets"));
    const last = course.at(-1);
    if (last && last.step < this.settings.steps) {
      this.start(network, targets, { course }, this.pulls(targets));
    } else this.setOwn({ running: false });
  }

  /** What the chosen prior says of codes with these targets; what cannot be is said as Python does. */
  private pulls(targets: readonly Vector[]): Pull[] | undefined {
    const { model } = this;
    const kind = model.get("prior");
    if (kind === "none") return undefined;
    const prior = model.get("_fitted_priors")[kind];
    if (!prior) throw new Error(`the prior '${kind}' has not come from the kernel; choose another`);
    const { learningRate } = this.settings;
    if (learningRate * prior.weight >= 2) {
      throw new Error(
        `learning_rate ${learningRate} times the prior's weight ${prior.weight} is 2 or more, ` +
          "with which each step goes further off; lower one of them.",
      );
    }
    return pullsOf(kind, prior, targets, model.get("seed"));
  }

  /** The code to look at: the chosen one where the scrubber is; while it runs, where it is now. */
  private get lookedAt(): Vector | undefined {
    const { model } = this;
    const codes = rowsOf(model.get("codes"));
    const chosen = Math.min(model.get("chosen"), codes.length - 1);
    const trajectory = rowsOf(model.get("trajectory"));
    const position = Math.min(model.get("position"), trajectory.length - 1);
    const moving = model.get("running") || !trajectory.length;
    return moving ? codes[chosen] : split(trajectory[position]!, codes.length)[chosen];
  }

  /** Whether the code, its picture and what is said of them are of the code to look at. */
  get isAnswered(): boolean {
    return same(floats(this.model.get("code")), this.lookedAt ?? new Float32Array(0));
  }

  private get settings() {
    return { learningRate: this.model.get("learning_rate"), steps: this.model.get("steps") };
  }

  /** The way to show: of a run that goes on, what was seen of it; then what was recorded. */
  get shown(): readonly Moment[] {
    return this.model.get("running") ? this.seen : this.course();
  }

  /** What was recorded of the last run. */
  private course(): Moment[] {
    const { model } = this;
    const trajectory = rowsOf(model.get("trajectory"));
    const curves = rowsOf(model.get("curves"));
    const count = model.get("codes").shape[0] ?? 0;
    return model.get("recorded").map((step, i) => ({
      step,
      codes: split(trajectory[i]!, count),
      probabilities: split(curves[i]!, count),
    }));
  }

  /** Set out; what runs here already ends. */
  private start(
    network: Network,
    targets: readonly Vector[],
    start: Eventually<Vector[]> | { course: readonly Moment[] },
    pulls: readonly Pull[] | undefined,
  ): void {
    const descent = Promise.resolve(start).then((from) =>
      Descent.begin(network, targets, from, { ...this.settings, pulls }),
    );
    this.run?.drop();
    const run = new Run(network);
    this.run = run;
    this.setOwn({ running: true });
    run
      .go(descent, (...moment) => this.show(...moment))
      .then(
        (course) => course && this.conclude(network, course),
        (error) => {
          if (this.run !== run) return;
          this.run = undefined;
          this.setOwn({ running: false });
          this.link.status.set({ error: messageOf(error) });
        },
      );
  }

  private show(targets: readonly Vector[], moment: Moment, images: Vector[]): void {
    const { step, codes, probabilities } = moment;
    this.setOwn({
      targets: shaped(targets, targets[0]!.length),
      step,
      codes: shaped(codes, codes[0]!.length),
      probabilities: shaped(probabilities, probabilities[0]!.length),
      images: shaped(images, ...this.model.get("image_shape")),
    });
    this.remember(moment);
    this.report();
  }

  private conclude(network: Network, course: Moment[]): void {
    const count = course[0]!.codes.length;
    const classes = course[0]!.probabilities[0]!.length;
    const join = (rows: Vector[], length: number) => floats(shaped(rows, length).data);
    this.run = undefined;
    this.setOwn({
      recorded: course.map(({ step }) => step),
      trajectory: shaped(
        course.map(({ codes }) => join(codes, network.codeSize)),
        ...[count, network.codeSize],
      ),
      curves: shaped(
        course.map(({ probabilities }) => join(probabilities, classes)),
        ...[count, classes],
      ),
      running: false,
    });
    this.set({ position: course.length - 1 });
    this.report();
  }

  /** Have Python take what was worked out here, where there is a Python to hear it. */
  private report(): void {
    this.command = [newNumber(), "adopt"];
    this.obeyed = this.command[0];
    this.ask();
  }

  /** What the kernel would answer: the chosen code where the scrubber is, and its picture. */
  private look(network: Network): Eventually<Partial<Traits>> {
    const code = this.lookedAt;
    if (!code) return {};
    return when(all([network.invert(code), network.classify(code)]), ([image, ofCode]) =>
      when(network.encode(image.map(displayable)), (seen) =>
        when(network.classify(seen), (ofPicture) => ({
          code: bytes(code),
          image: shapedAs(image, ...this.model.get("image_shape")),
          code_probabilities: bytes(ofCode),
          picture_probabilities: bytes(ofPicture),
        })),
      ),
    );
  }

  private onRunning(): void {
    const running = this.model.get("running");
    // An older run of the kernel's ended, while this one goes on.
    if (!this.setting && !running && this.run && !this.run.atEnd) this.set({ running: true });
    else this.link.status.set({ running });
  }

  /** Python has heard it all: what an older run of the kernel's set meanwhile is void. */
  private onAnswer(): void {
    if (this.link.isBehind(...INPUTS)) return;
    this.obeyed = this.command[0];
    if (this.run) return;
    this.set(this.own);
    this.own = {};
  }

  /** Remember where the kernel's codes are, and tell it so: it waits with the next ones. */
  private note(): void {
    if (this.setting || this.run) return;
    const { model } = this;
    const step = model.get("step");
    const codes = rowsOf(model.get("codes"));
    const probabilities = rowsOf(model.get("probabilities"));
    if (codes.length) this.remember({ step, codes, probabilities });
    if (this.link.status.hasKernel) model.send({ seen: step });
  }

  private remember(moment: Moment): void {
    if (moment.step <= (this.seen.at(-1)?.step ?? -1)) this.seen = [];
    if (this.seen.length >= MOST_SEEN) this.seen = this.seen.filter((_, i) => i % 2 === 0);
    this.seen.push(moment);
  }

  /** Where the kernel died in the middle of a run: go on from where this page last saw it. */
  private takeOver(): void {
    const { status, network } = this.link;
    if (status.hasKernel || !this.model.get("running") || this.run) return;
    if (status.engine === "browser" && network) {
      try {
        this.resume(network, this.seen);
      } catch (error) {
        this.setOwn({ running: false });
        status.set({ error: messageOf(error) });
      }
    } else if (status.state === "error") this.setOwn({ running: false });
  }
}

/** Commands have numbers of their own, also those of another page with the same widget. */
function newNumber(): number {
  return 1 + Math.floor(Math.random() * 2 ** 30);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function split(values: Vector, count: number): Vector[] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}
