// The training of the first page: two nets with the same first weights and the same batches.
import { make, probability, random, spirals, step } from "./net.js";

export const NETS = ["without", "with"];
const WIDTHS = [2, 12, 12, 12, 12, 1];
const POINTS = 200;

// Both nets before their first step; `settings` are rate, size, batch and seed, which stay.
export function begin(settings) {
  const { size, seed } = settings;
  const { x, t } = spirals(POINTS, 7);
  const nets = NETS.map((name) => {
    const net = make({ widths: WIDTHS, size, normalized: name === "with", seed });
    return { name, net, losses: [], right: 0.5, broken: false };
  });
  const training = { settings, x, t, nets, steps: 0, draw: random(seed + 1) };
  nets.forEach((one) => judge(training, one));
  return training;
}

// One step of both nets on the same batch.
export function advance(training) {
  const { settings, x, t, draw } = training;
  const { rate, batch } = settings;
  const rows = Array.from({ length: batch }, () => Math.floor(draw.uniform() * POINTS));
  const xb = new Float64Array(2 * batch);
  rows.forEach((i, k) => xb.set([x[2 * i], x[2 * i + 1]], 2 * k));
  const tb = Float64Array.from(rows, (i) => t[i]);
  for (const { net, losses } of training.nets) losses.push(step(net, xb, tb, rate));
  training.steps += 1;
}

// Writes down the share of points that a net answers rightly, and whether it is broken: it gives
// nearly the same answer to all of them.
export function judge({ x, t }, one) {
  const p = probability(one.net, x);
  one.right = p.filter((value, i) => value > 0.5 === t[i] > 0).length / POINTS;
  one.broken = !(Math.max(...p) - Math.min(...p) > 0.05);
}
