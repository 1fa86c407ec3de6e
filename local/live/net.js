// Two small nets, one without and one with batch normalization, and everything that trains them.
// Tables are Float64Arrays of n rows; a layer is { w, b } or, normalized, { w, gamma, beta, ... }.
import { backward, scaleAndShift, standardize, transpose } from "./norm.js";

export const EPSILON = 1e-3;
const MOMENTUM = 0.9;

// Numbers in [0, 1) and standard Gaussian ones, the same for the same seed.
export function random(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let k = Math.imul(state ^ (state >>> 15), state | 1);
    k ^= k + Math.imul(k ^ (k >>> 7), k | 61);
    return ((k ^ (k >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

// Two spirals of `n` points: x is n rows of two, t is +1 or -1.
export function spirals(n, seed) {
  const { uniform, normal } = random(seed);
  const t = Float64Array.from({ length: n }, (_, i) => (i % 2 ? 1 : -1));
  const x = new Float64Array(2 * n);
  t.forEach((sign, i) => {
    const far = 0.15 + 0.85 * Math.sqrt(uniform());
    const turn = 6.5 * far + (sign > 0 ? Math.PI : 0);
    x[2 * i] = far * Math.cos(turn) + 0.03 * normal();
    x[2 * i + 1] = far * Math.sin(turn) + 0.03 * normal();
  });
  return { x, t };
}

// Layers of the given widths. The weights are Gaussian, `size` times as wide as He et al. (2015) say.
export function make({ widths, size, normalized, seed }) {
  const { normal } = random(seed);
  return widths.slice(1).map((m, l) => {
    const k = widths[l];
    const w = Float64Array.from({ length: k * m }, () => size * Math.sqrt(2 / k) * normal());
    const zeros = () => new Float64Array(m);
    if (!normalized || l === widths.length - 2) return { m, w, b: zeros() };
    return {
      m,
      w,
      gamma: zeros().fill(1),
      beta: zeros(),
      mean: zeros(),
      variance: zeros().fill(1),
    };
  });
}

// a (n, k) times w (k, m)
function product(a, w, m) {
  const k = w.length / m;
  const out = new Float64Array((a.length / k) * m);
  for (let i = 0; i * k < a.length; i++)
    for (let p = 0; p < k; p++) {
      const value = a[i * k + p];
      if (value) for (let j = 0; j < m; j++) out[i * m + j] += value * w[p * m + j];
    }
  return out;
}

// The gradients of both factors of a product, given the gradient dz (n, m) of what came out.
function productBackward(a, w, dz, m) {
  const k = w.length / m;
  const [da, dw] = [new Float64Array(a.length), new Float64Array(w.length)];
  for (let i = 0; i * k < a.length; i++)
    for (let p = 0; p < k; p++)
      for (let j = 0; j < m; j++) {
        da[i * k + p] += dz[i * m + j] * w[p * m + j];
        dw[p * m + j] += a[i * k + p] * dz[i * m + j];
      }
  return { da, dw };
}

const plus = (z, b) => z.map((value, k) => value + b[k % b.length]);
const relu = (y) => y.map((value) => (value > 0 ? value : 0));

// The loss of a batch, the mean of log(1 + exp(-t z)) in nats, and its gradient for every layer.
export function gradients(net, x, t) {
  const passes = []; // forward, in the order of the layers
  let a = x;
  for (const layer of net) {
    const z = product(a, layer.w, layer.m);
    const pass = { a, layer };
    if (layer.gamma) {
      Object.assign(pass, standardize(z, z.length / layer.m, layer.m, EPSILON));
      pass.y = scaleAndShift(pass.xHat, layer.gamma, layer.beta);
    } else pass.y = plus(z, layer.b);
    passes.push(pass);
    a = layer === net.at(-1) ? pass.y : relu(pass.y);
  }
  const loss = a.reduce((sum, z, i) => sum + softplus(-t[i] * z) / t.length, 0);
  let dy = a.map((z, i) => -t[i] / (1 + Math.exp(t[i] * z)) / t.length);
  const layers = passes.reverse().map(({ a, layer, y, xHat, s, mean }, back) => {
    if (back) dy = dy.map((g, k) => (y[k] > 0 ? g : 0));
    const norm = xHat && backward(dy, xHat, s, layer.gamma);
    const { da, dw } = productBackward(a, layer.w, norm ? norm.dx : dy, layer.m);
    const shared = norm
      ? { gamma: norm.dgamma, beta: norm.dbeta, mean, s }
      : { b: sums(dy, layer.m) };
    dy = da;
    return { w: dw, ...shared };
  });
  return { loss, layers: layers.reverse() };
}

const softplus = (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

function sums(dy, m) {
  const out = new Float64Array(m);
  dy.forEach((g, k) => (out[k % m] += g));
  return out;
}

// One step of gradient descent on one batch, and of the moving averages. Returns the loss before it.
export function step(net, x, t, rate) {
  const { loss, layers } = gradients(net, x, t);
  net.forEach((layer, l) => {
    for (const name of ["w", "b", "gamma", "beta"])
      layer[name]?.forEach((_, k) => (layer[name][k] -= rate * layers[l][name][k]));
    layer.mean?.forEach((old, j) => {
      const variance = layers[l].s[j] ** 2 - EPSILON;
      layer.mean[j] = MOMENTUM * old + (1 - MOMENTUM) * layers[l].mean[j]; // (5.1)
      layer.variance[j] = MOMENTUM * layer.variance[j] + (1 - MOMENTUM) * variance; // (5.2)
    });
  });
  return loss;
}

// The net as it is used: each normalization, with its moving averages, folded into the weights.
// Layers are { m, w, b }, and w has a row for every column that comes out, (m, k). They are copies:
// the net may learn on while it is drawn.
export const folded = (net) =>
  net.map(({ m, w, b, gamma, beta, mean, variance }) => {
    const k = w.length / m;
    const factor = gamma?.map((value, j) => value / Math.sqrt(variance[j] + EPSILON));
    return {
      m,
      w: transpose(w, k, m).map((value, at) => value * (factor?.[Math.floor(at / k)] ?? 1)),
      b: b?.slice() ?? beta.map((value, j) => value - mean[j] * factor[j]),
    };
  });

// The probability of +1, for every row of x, by the layers of a folded net.
export function answer(layers, x) {
  let a = x;
  layers.forEach(({ m, w, b }, l) => {
    const isLast = l === layers.length - 1;
    const k = w.length / m;
    const n = a.length / k;
    const out = new Float64Array(n * m);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) {
        let y = b[j];
        for (let p = 0; p < k; p++) y += a[i * k + p] * w[j * k + p];
        out[i * m + j] = isLast || y > 0 ? y : 0;
      }
    a = out;
  });
  return a.map((z) => 1 / (1 + Math.exp(-z)));
}

// The same in inference mode, for a net.
export const probability = (net, x) => answer(folded(net), x);
