// What a widget is doing, in a word and, where something is wrong, in a sentence.

/** Of what was asked of the kernel: nothing, something, something for very long. */
export type RequestState = "idle" | "busy" | "overdue";

interface Facts {
  /** What the kernel said went wrong. */
  error: string;
  /** Whether there is a kernel at all. */
  connected: boolean;
  requests: RequestState;
}

/** One widget's state, shared by its views. */
export class Status {
  private facts: Facts = { error: "", connected: true, requests: "idle" };
  private readonly listeners = new Set<() => void>();

  get state(): "idle" | "busy" | "error" {
    if (!this.facts.connected || this.facts.error) return "error";
    return this.facts.requests === "idle" ? "idle" : "busy";
  }

  get message(): string {
    if (!this.facts.connected) {
      return "There is no kernel to answer. Run the notebook's cells again to go on.";
    }
    if (this.facts.error) return this.facts.error;
    return this.facts.requests === "overdue" ? "The kernel is busy; it answers when it can." : "";
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
