// Equations (2.1) to (2.4) and (3.1), (3.2), (3.10) for a table x of n rows and d columns, which is
// a Float64Array of n d numbers, row after row. The same as local/equations.py, and compared with it.

// Mean and s = root(variance + epsilon) of every column, and the normalized table.
export function standardize(x, n, d, epsilon) {
  const mean = new Float64Array(d);
  const s = new Float64Array(d);
  x.forEach((value, k) => (mean[k % d] += value / n)); // (2.1)
  x.forEach((value, k) => (s[k % d] += (value - mean[k % d]) ** 2 / n)); // (2.2)
  s.forEach((variance, j) => (s[j] = Math.sqrt(variance + epsilon)));
  const xHat = x.map((value, k) => (value - mean[k % d]) / s[k % d]); // (2.3)
  return { mean, s, xHat };
}

export function scaleAndShift(xHat, gamma, beta) {
  const d = gamma.length;
  return xHat.map((value, k) => gamma[k % d] * value + beta[k % d]); // (2.4)
}

// Gradients of x, gamma and beta, given dy and what the forward pass made.
export function backward(dy, xHat, s, gamma) {
  const d = gamma.length;
  const n = dy.length / d;
  const dgamma = new Float64Array(d);
  const dbeta = new Float64Array(d);
  dy.forEach((g, k) => {
    dbeta[k % d] += g; // (3.1)
    dgamma[k % d] += g * xHat[k]; // (3.2)
  });
  const dx = dy.map((g, k) => {
    const j = k % d;
    return (gamma[j] / s[j]) * (g - dbeta[j] / n - (xHat[k] * dgamma[j]) / n); // (3.10)
  });
  return { dx, dgamma, dbeta };
}

export function transpose(x, n, d) {
  return x.map((_, k) => x[(k % n) * d + Math.floor(k / n)]);
}
