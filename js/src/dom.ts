// Building elements: a few lines instead of a framework.

type Child = Node | string;
type Listener = (event: never) => void;

/** An element with attributes (`false` leaves one out), `on…` listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean | Listener> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), value as EventListener);
    } else if (value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children);
  return element;
}

/** Give an element this text; little is laid out anew, and nothing for the text that it has. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent === text) return;
  const node = element.firstChild;
  if (text && node instanceof Text) node.data = text;
  else element.textContent = text;
}

/** Have a button do something or nothing; unlike a `disabled` one, it keeps the focus. */
export function enable(button: HTMLButtonElement, enabled: boolean): void {
  if (button.ariaDisabled === String(!enabled)) return; // most often, such as at each stroke
  button.ariaDisabled = String(!enabled);
  button.addEventListener("click", refuse, true); // ahead of its own listeners, and but once
}

function refuse(event: Event): void {
  const button = event.currentTarget as HTMLButtonElement;
  if (button.ariaDisabled === "true") event.stopImmediatePropagation();
}

/** A line drawing of 16×16, as large as the text around it; hidden from screen readers. */
export function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "iv-icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button that shows an icon; its name is read out and shown on hover. */
export function iconButton(
  part: string,
  name: string,
  path: string,
  onclick: () => void,
): HTMLButtonElement {
  return h(
    "button",
    {
      type: "button",
      class: "iv-button",
      "data-part": part,
      "aria-label": name,
      title: name,
      onclick,
    },
    icon(path),
  );
}
