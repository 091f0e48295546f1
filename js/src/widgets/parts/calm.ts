// What is read rather than watched changes no oftener than a person can read it: figures and bars are
// laid out as text is, which takes the page longer than all else of an answer.

const PERIOD_MS = 50;

/**
 * `paint`, at most once in 50 ms, and never for nothing: what is held back is painted in the end, and
 * until then `element` is marked as busy.
 *
 * @param paint shows how things stand when it is called
 */
export function calmly(element: HTMLElement, paint: () => void): () => void {
  let last = -PERIOD_MS;
  let waits = false;
  const paintNow = () => {
    last = performance.now();
    paint();
  };
  const paintLate = () => {
    waits = false;
    element.ariaBusy = null;
    paintNow();
  };
  return () => {
    if (waits) return;
    const rest = last + PERIOD_MS - performance.now();
    if (rest <= 0) {
      paintNow();
      return;
    }
    waits = true;
    element.ariaBusy = "true";
    setTimeout(paintLate, rest);
  };
}
