// How the curves of one panel are told apart: three colours, then the same ones dashed, then dotted.

const INKS = 3;
const DASHES: readonly number[][] = [[], [5, 3], [1.5, 2.5]];

/** Number of a curve's colour, and its dash pattern. */
export function strokeOf(i: number): { ink: number; dash: number[] } {
  return { ink: i % INKS, dash: DASHES[Math.floor(i / INKS) % DASHES.length] ?? [] };
}
