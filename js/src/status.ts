// What a widget is doing, in a word and, where something needs saying, in a sentence.

import type { RequestState } from "./requests";

/** Who answers: PyTorch in the kernel, or this page itself. */
export type Engine = "kernel" | "browser";

interface Facts {
  /** What is asked for: the kernel while it answers, or one of them in any case. */
  wanted: Engine | "auto";
  /** Whether there is a kernel, there was one, or this page never had one. */
  kernel: "alive" | "gone" | "never";
  /** Of what was asked of the kernel. */
  requests: RequestState;
  /** Whether something goes on by itself, whoever does it. */
  running: boolean;
  /** Whether the browser can answer: it has the weights and knows what to do with them. */
  browser: "ready" | "loading" | "unable";
  /** Why it cannot. */
  inability: string;
  /** What went wrong while something was worked out. */
  error: string;
  /** What a person should know of what is shown. */
  notice: string;
}

/** One widget's state, shared by its views. */
export class Status {
  private facts: Facts = {
    wanted: "auto",
    kernel: "alive",
    requests: "idle",
    running: false,
    browser: "loading",
    inability: "",
    error: "",
    notice: "",
  };
  private readonly listeners = new Set<() => void>();

  /** Who answers now. */
  get engine(): Engine {
    const { wanted, kernel, requests, browser } = this.facts;
    if (wanted === "kernel" || browser !== "ready") return "kernel";
    return wanted === "browser" || kernel !== "alive" || requests === "late" ? "browser" : "kernel";
  }

  /** Whether the browser answers only until the kernel finds the time. */
  get standsIn(): boolean {
    return this.engine === "browser" && this.facts.wanted === "auto" && this.hasKernel;
  }

  get state(): "idle" | "busy" | "error" {
    if (this.facts.error || this.nobody) return "error";
    const asked = this.engine === "kernel" && this.facts.requests !== "idle";
    return asked || this.facts.running ? "busy" : "idle";
  }

  get hasKernel(): boolean {
    return this.facts.kernel === "alive";
  }

  get message(): string {
    const { wanted, kernel, requests, browser, inability, error, notice } = this.facts;
    if (this.nobody) {
      const advice = "Run the notebook's cells again to go on.";
      return `There is no kernel to answer. ${browser === "unable" ? `${inability} ` : ""}${advice}`;
    }
    if (error) return error;
    if (wanted === "browser" && browser === "unable") return `${inability} The kernel answers.`;
    if (this.engine === "browser" && kernel === "gone") {
      return "The kernel is gone. Your browser goes on; Python does not see what you do here.";
    }
    if (requests !== "late") return notice;
    return this.engine === "browser" && wanted === "auto"
      ? "The kernel is busy. Your browser answers meanwhile; Python hears when it can."
      : "The kernel is busy; it answers when it can.";
  }

  private get nobody(): boolean {
    const { kernel, browser } = this.facts;
    return kernel !== "alive" && this.engine === "kernel" && browser !== "loading";
  }

  set(facts: Partial<Facts>): void {
    Object.assign(this.facts, facts);
    for (const listener of this.listeners) listener();
  }

  /** Hear of every change, and once now; gives the function that ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    listener();
    return () => this.listeners.delete(listener);
  }
}
