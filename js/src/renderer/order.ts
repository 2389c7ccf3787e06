// The order in which points are drawn. Pure.

/**
 * Visits every point once, far from the order of the rows: rows sorted by class would otherwise
 * hide all classes but the last.
 */
export function shuffled(n: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(n);
  let stride = Math.max(1, Math.round(n * 0.6180339887));
  while (gcd(stride, n) !== 1) stride += 1;
  for (let i = 0, at = 0; i < n; i++, at = (at + stride) % n) order[i] = at;
  return order;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
