// Chapter 6: what the map keeps of two sweeps, as bytes and numbers, read again field by field.

const LEVELS = 250; // a loss from 0 to `top` is a byte from 0 to LEVELS; then come these two
const LARGER = 254;
const NOT_FINITE = 255;

// A function of net (0 without, 1 with) and field: the seeds' accuracies in order, how many of
// them diverged, and the loss curve of each, Infinity above `top` and NaN where it is lost.
export function trainings(accuracy, diverged, curves, { fields, points, top }) {
  const seeds = accuracy.length / 2 / fields;
  const loss = (byte) => {
    if (byte === NOT_FINITE) return NaN;
    return byte === LARGER ? Infinity : (byte / LEVELS) * top;
  };
  return (net, field) => {
    const start = (net * fields + field) * seeds;
    const course = (s) => [...curves.slice((start + s) * points, (start + s + 1) * points)];
    return {
      accuracies: [...accuracy.slice(start, start + seeds)].sort((a, b) => a - b),
      gone: diverged.slice(start, start + seeds).reduce((a, b) => a + b),
      courses: Array.from({ length: seeds }, (_, s) => course(s).map(loss)),
    };
  };
}
