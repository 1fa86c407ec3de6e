// Chapter 6: the signs on the map, and the key that explains them and its colours.
import { line, note, number, svg } from "./kit.js";

export const BRIGHT = 0.8; // the accuracy at the bright end of the palette

export const whiteCross = (x, y) =>
  svg("path", { d: cross(x, y, 3), stroke: "#fff", "stroke-width": 1.5 });

export const cross = (x, y, r) =>
  `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

export function star(x, y) {
  const tips = Array.from({ length: 10 }, (_, k) => {
    const [radius, angle] = [k % 2 ? 2.4 : 6, (k * Math.PI) / 5];
    return [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
  });
  return svg("path", { d: `${line(tips)}Z`, fill: "#000" });
}

// What the colours and the marks of the maps mean.
export function key({ chance, palette }, left, y) {
  const [from, pitch] = [left, 7];
  const end = from + pitch * palette.length;
  const bar = (k) => ({ x: from + pitch * k, y, width: pitch + 0.5, height: 12 });
  const steps = palette.map((color, k) => svg("rect", { ...bar(k), fill: color, "data-bar": k }));
  const one = (x, color, mark, text) => [
    svg("rect", { x, y: y + 22, width: 14, height: 14, fill: color }),
    mark(x + 7, y + 29),
    note(x + 19, y + 33, text, "soft"),
  ];
  const dot = (cx, cy) => svg("circle", { cx, cy, r: 1.5, fill: "#fff" });
  return [
    ...steps,
    note(from - 5, y + 10, number(chance), "soft", "end"),
    note(end + 5, y + 10, `${number(BRIGHT)} and more`, "soft"),
    ...one(left, palette.at(-1), star, "best"),
    ...one(left + 62, palette[0], dot, "at chance"),
    ...one(left + 154, palette[0], whiteCross, "diverged"),
  ];
}
