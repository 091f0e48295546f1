// Numbers for people.

/** With so many digits after the point, a true minus sign, and no "−0". */
export function decimal(value: number, digits: number): string {
  const size = Math.abs(value).toFixed(digits);
  return value < 0 && Number(size) !== 0 ? `−${size}` : size;
}
