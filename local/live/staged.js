// Chapter 3: the twenty steps through the computation graph, and what is said at each of them.
import { number } from "./kit.js";

// A node, and from where its value or its gradient comes; part 0 is the first of two terms.
const forward = (node, ...from) => ({ node, from, back: false });
const backward = (node, ...from) => ({ node, from, back: true, part: 1 });
export const STEPS = [
  forward("x"),
  forward("mean", "x"),
  forward("centered", "x", "mean"),
  forward("squared", "centered"),
  forward("variance", "squared"),
  forward("s", "variance"),
  forward("x_hat", "centered", "s"),
  forward("y", "x_hat", "gamma", "beta"),
  backward("y"),
  backward("beta", "y"),
  backward("gamma", "y"),
  backward("x_hat", "y"),
  backward("s", "x_hat"),
  backward("variance", "s"),
  backward("squared", "variance"),
  { ...backward("centered", "x_hat"), part: 0 },
  backward("centered", "x_hat", "squared"),
  backward("mean", "centered"),
  { ...backward("x", "centered"), part: 0 },
  backward("x", "centered", "mean"),
];

const f = (value) => number(value);
const bracketed = (value) => (value < 0 ? `(${f(value)})` : f(value)); // behind a sign
const sum = (numbers) => f(numbers.reduce((a, b) => a + b, 0));

const FUNCTIONS = [
  ({ n }) => `The batch: ${n} values of one feature. Press Next, and each node gets its value.`,
  ({ v }) =>
    `mean = sum of x / N = ${f(v.mean[0])}, by (2.1). One number, and all of x has made it.`,
  ({ v, example, i }) =>
    `centered = x − mean. ${example}: ${f(v.x[i])} − ${bracketed(v.mean[0])} = ${f(v.centered[i])}.`,
  ({ v, example, i }) =>
    `squared = centered². ${example}: ${f(v.squared[i])}. A second arrow will leave centered below.`,
  ({ v }) =>
    `variance = sum of squared / N = ${f(v.variance[0])}, by (2.2). Again one number of them all.`,
  ({ v }) => `s = √(variance + ε) = ${f(v.s[0])}.`,
  ({ v, example, i }) =>
    `x_hat = centered / s, by (2.3). ${example}: ${f(v.centered[i])} / ${f(v.s[0])} = ${f(v.x_hat[i])}.`,
  ({ v, example, i }) =>
    `y = gamma · x_hat + beta, by (2.4). ${example}: ${f(v.gamma[0])} · ${bracketed(v.x_hat[i])} + ${bracketed(v.beta[0])} = ${f(v.y[i])}.`,
  ({ d, i }) =>
    `Now backward. The loss hands down dy, a number for each example: ${f(d.y[i])} for example ${i + 1}.`,
  ({ n, d }) => `dbeta = sum of dy = ${f(d.beta[0])}, by (3.1). One beta has served ${n} rows.`,
  ({ d }) => `dgamma = sum of dy · x_hat = ${f(d.gamma[0])}, by (3.2).`,
  ({ v, d, example, i }) =>
    `dx_hat = gamma · dy, by (3.3). ${example}: ${f(v.gamma[0])} · ${bracketed(d.y[i])} = ${f(d.x_hat[i])}.`,
  ({ d }) =>
    `ds = −sum of dx_hat · centered / s² = ${f(d.s[0])}, by (3.4). One s has served all rows.`,
  ({ d }) => `dvariance = ds / 2s = ${f(d.variance[0])}, by (3.5).`,
  ({ n, d, i }) =>
    `dsquared = dvariance / N = ${f(d.squared[i])}, by (3.6): each of the ${n} rows gets its share.`,
  ({ t, example, i }) =>
    `dcentered, first term: dx_hat / s, from x_hat. ${example}: ${f(t.centered[0][i])}. Another is on its way.`,
  ({ d, t, example, i }) =>
    `Two arrows left centered, so two terms arrive (3.7). ${example}: ${f(t.centered[0][i])} + ${bracketed(t.centered[1][i])} = ${f(d.centered[i])}.`,
  ({ d }) => `dmean = −sum of dcentered = ${f(d.mean[0])}, by (3.8).`,
  ({ t }) =>
    `dx, first term: dcentered, the straight way. Its sum over the batch is ${sum(t.x[0])}.`,
  ({ d, t, example, i }) =>
    `Two arrows left x, so two terms arrive (3.9). ${example}: ${f(t.x[0][i])} + ${bracketed(t.x[1][i])} = ${f(d.x[i])}. The sum is now ${sum(d.x)}.`,
];

const nothing = () =>
  "Mean and variance are held constant: the detour is cut, and no gradient comes this way.";
// If mean and variance are constants, these steps are others.
const CONSTANTS = {
  12: nothing,
  13: nothing,
  14: nothing,
  17: nothing,
  15: ({ t, example, i }) =>
    `dcentered = dx_hat / s, from x_hat. ${example}: ${f(t.centered[0][i])}. No other term can come.`,
  16: ({ d, t, example, i }) =>
    `The second term never arrives. ${example} keeps ${f(t.centered[0][i])}, where ${f(d.centered[i])} is right.`,
  18: ({ t }) =>
    `dx = dcentered, the straight way. Its sum over the batch is ${sum(t.centered[0])}.`,
  19: ({ d, t, example, i }) =>
    `Only gamma · dy / s is left. ${example}: ${f(t.centered[0][i])}, where ${f(d.x[i])} is right; the sum is ${sum(t.centered[0])}, not 0.`,
};

// The sentence of step `at`: v, d and t are values, gradients and terms, i is the example.
export function sentence(at, constants, v, d, t) {
  const second = t.centered[1].map(Math.abs);
  const i = second.indexOf(Math.max(...second)); // where the detour counts most
  const say = (constants && CONSTANTS[at]) || FUNCTIONS[at];
  return say({ n: v.x.length, i, example: `Example ${i + 1}`, v, d, t });
}
