// Equations (5.1), (5.2) and (5.4): moving averages, as local/equations.py takes them.

// The average after every step; m is the weight of the old one.
export function movingAverage(values, m, start) {
  let average = start;
  return Float64Array.from(values, (value) => (average = m * average + (1 - m) * value));
}

// Steps until a value counts 1/e of what it did when it was new.
export const timeConstant = (m) => 1 / Math.log(1 / m);
