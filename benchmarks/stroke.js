// In the page: each rival can fire one event and tell when its answer is painted.

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
const PATIENCE_MS = 30_000;

class Rival {
  paints = 0;
  lastPaint = 0;
  waiting = undefined;

  constructor(selector) {
    this.root = document.querySelector(selector);
  }
  painted() {
    this.paints += 1;
    this.lastPaint = performance.now();
    this.waiting?.();
  }
  find(selector) {
    return this.root.querySelector(selector);
  }
  /** What is painted is to be seen, as a person would see it. */
  async start() {
    this.root.scrollIntoView({ block: "center" });
    await this.begin();
    await pause(100);
  }
  begin() {}
  end() {}
}

/** Canvases tell when a result is put on them. */
function watchCanvases(rivals) {
  const prototype = CanvasRenderingContext2D.prototype;
  for (const name of ["putImageData", "drawImage"]) {
    const original = prototype[name];
    prototype[name] = function (picture, ...rest) {
      original.call(this, picture, ...rest);
      for (const rival of rivals) {
        if (rival.root?.contains(this.canvas) && rival.isResult?.(this.canvas)) rival.painted();
      }
    };
  }
}

const point = (i) => [0.5 + 0.3 * Math.cos(i / 9), 0.5 + 0.3 * Math.sin(i / 7)];

function pointer(target, type, i, Kind = PointerEvent) {
  const { left, top, width, height } = target.getBoundingClientRect();
  const [x, y] = point(i);
  const place = { clientX: left + x * width, clientY: top + y * height };
  const how = { pointerId: 1, pointerType: "mouse", button: 0, buttons: 1, bubbles: true };
  target.dispatchEvent(new Kind(type, { ...place, ...how, cancelable: true }));
}

class DrawingCanvas extends Rival {
  get surface() {
    return this.find('[data-part="surface"]');
  }
  // While it is busy, what it paints is not the newest stroke's answer yet.
  isResult = (canvas) =>
    canvas.dataset.part === "reconstruction" &&
    this.find("[data-state]").dataset.state === "idle";
  begin = () => pointer(this.surface, "pointerdown", 0);
  fire = (i) => pointer(this.surface, "pointermove", i);
  async end() {
    pointer(this.surface, "pointerup", 0);
    this.find('[data-part="clear"]').click();
    while (this.find("[data-state]").dataset.state !== "idle") await pause(5);
    await pause(50);
  }
}

class Naive extends Rival {
  isResult = (canvas) => canvas.className === "naive-result";
  fire = (i) => pointer(this.find(".naive-surface"), "pointermove", i);
}

class IpyCanvas extends Rival {
  isResult = () => true;
  fire = (i) => pointer(this.find("canvas"), "mousemove", i, MouseEvent);
}

class Slider extends Rival {
  constructor(selector, changes, isPaint) {
    super(selector);
    const observer = new MutationObserver((records) => {
      if (records.some(isPaint)) this.painted();
    });
    if (this.root) observer.observe(this.root, { subtree: true, ...changes });
  }
  fire = () => {
    const how = { key: "ArrowRight", bubbles: true, cancelable: true };
    this.find(".noUi-handle").dispatchEvent(new KeyboardEvent("keydown", how));
  };
}

class Echo extends Rival {
  constructor() {
    super("body");
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    this.comm = kernel.createComm("echo");
    this.comm.onMsg = () => this.painted();
    this.comm.open({});
    this.bytes = new Uint8Array(4 * 784);
  }
  fire = () => this.comm.send({}, {}, [this.bytes.buffer.slice(0)]);
}

const isImage = (node) => node.nodeName === "IMG" || !!node.querySelector?.("img");
window.rivals = {
  invertviz: new DrawingCanvas(".rival-invertviz"),
  "bare comm echo": new Echo(),
  "anywidget, not coalesced": new Naive(".rival-naive"),
  "ipycanvas + callback": new IpyCanvas(".rival-ipycanvas"),
  "interact + matplotlib": new Slider(".rival-interact", { childList: true }, (record) =>
    [...record.addedNodes].some(isImage),
  ),
  "bqplot Image": new Slider(
    ".rival-bqplot",
    { attributes: true, attributeFilter: ["href", "xlink:href"] },
    () => true,
  ),
};
watchCanvases(Object.values(window.rivals));

/** Milliseconds from event to paint, one event after the other. */
window.latencies = async (name, count) => {
  const rival = window.rivals[name];
  const found = [];
  await rival.start();
  for (let i = 1; i <= count; i++) {
    const done = new Promise((resume) => {
      rival.waiting = resume;
    });
    const start = performance.now();
    rival.fire(i);
    const late = pause(PATIENCE_MS).then(() => "late");
    if ((await Promise.race([done, late])) === "late") throw new Error(`${name}: no answer`);
    found.push(rival.lastPaint - start);
    await pause(8); // as often as a mouse moves
  }
  rival.waiting = undefined;
  await rival.end();
  return found;
};

/** Milliseconds from the last of `count` events in two seconds to the last paint. */
window.storm = async (name, count) => {
  const rival = window.rivals[name];
  await rival.start();
  const start = performance.now();
  let fired = 0;
  while (fired < count) {
    const due = Math.min(count, ((performance.now() - start) / 2000) * count);
    while (fired < due) rival.fire(++fired);
    await pause(0);
  }
  const last = performance.now();
  do await pause(100);
  while (performance.now() - Math.max(last, rival.lastPaint) < 1000 &&
    performance.now() - last < PATIENCE_MS);
  const lag = Math.max(0, rival.lastPaint - last);
  await rival.end();
  return lag;
};
