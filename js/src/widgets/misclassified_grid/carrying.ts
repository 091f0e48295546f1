// When the kernel sends along what passes the filter, for when it is not there.

import type { AnyModel } from "@anywidget/types";
import type { Status } from "../../status";
import type { Traits } from "./model";

const QUIET_MS = 2000;

/** Asks for it once the person has settled on a filter: when the kernel has had a rest since. */
export class Carrying {
  /** Whether the next request asks for it. */
  due = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly status: Status,
    private readonly ask: () => void,
  ) {
    model.on("change:_stale", () => {
      this.due = false;
      this.wait();
    });
    status.subscribe(() => this.wait());
  }

  /** Begin to wait anew, if there is something to wait for. */
  wait(): void {
    this.close();
    const { engine, state } = this.status;
    if (!this.model.get("_stale") || engine !== "kernel" || state !== "idle") return;
    this.timer = setTimeout(() => {
      this.due = true;
      this.ask();
    }, QUIET_MS);
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
