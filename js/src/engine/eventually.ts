// Values that are there at once, or later: what is at once stays so, and is painted with the stroke.

export type Eventually<T> = T | Promise<T>;

/** What `next` makes of a value: at once where that is there, else when it is. */
export function when<T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Several values as one. */
export function all<T extends readonly unknown[]>(
  values: readonly [...{ [K in keyof T]: Eventually<T[K]> }],
): Eventually<T> {
  const later = values.some((value) => value instanceof Promise);
  return (later ? Promise.all(values) : values) as Eventually<T>;
}
