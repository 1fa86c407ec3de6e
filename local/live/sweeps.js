// Chapter 6: the two sweeps of the map, read from the bytes and numbers that Python packed.
import { bytes, floats, valuesOf } from "./kit.js";

export const NETS = ["without", "with"];
const CONSTANTS = ["rates", "scales", "palette", "chance", "steps", "points", "top"];
const LEVELS = 250; // a loss from 0 to `top` is a byte from 0 to LEVELS; then come these two
const LARGER = 254;
const NOT_FINITE = 255;

// Both sweeps, which never change. Of each net, in the order of NETS: `field(net, k)` has the
// trainings of field k, `medians` the median accuracy of every field, `best` the best field.
export function sweepsOf(model) {
  const constants = valuesOf(model, CONSTANTS);
  const { rates, scales, points, top } = constants;
  const fields = Array.from({ length: rates.length * scales.length }, (_, k) => k);
  const field = trainingsOf(model, { fields: fields.length, points, top });
  const seeds = field(0, 0).accuracies.length;
  const medians = NETS.map((_, net) =>
    fields.map((k) => field(net, k).accuracies[Math.floor(seeds / 2)]),
  );
  const best = medians.map((accuracies) => accuracies.indexOf(Math.max(...accuracies)));
  return { ...constants, columns: scales.length, fields, field, seeds, medians, best };
}

// A function of net and field: the seeds' accuracies in order, how many of them diverged, and the
// loss curve of each, Infinity above `top` and NaN where it is not finite any more.
function trainingsOf(model, { fields, points, top }) {
  const accuracy = floats(model.get("accuracy"));
  const [diverged, curves] = ["diverged", "curves"].map((name) => bytes(model.get(name)));
  const seeds = accuracy.length / NETS.length / fields;
  const loss = (byte) => {
    if (byte === NOT_FINITE) return NaN;
    return byte === LARGER ? Infinity : (byte / LEVELS) * top;
  };
  return (net, field) => {
    const first = (net * fields + field) * seeds;
    const curve = (s) => [...curves.slice((first + s) * points, (first + s + 1) * points)];
    return {
      accuracies: [...accuracy.slice(first, first + seeds)].sort((a, b) => a - b),
      diverged: diverged.slice(first, first + seeds).reduce((a, b) => a + b),
      curves: Array.from({ length: seeds }, (_, s) => curve(s).map(loss)),
    };
  };
}
