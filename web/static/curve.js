// Dials and answers of the last quarter of an hour, half a minute a bar.

import { element, setAttribute, setText, shape } from "./elements.js";
import { count } from "./format.js";

const POINT = 10_000; // what the board has
const BAR = 30_000; // shorter ones show mostly chance
const BARS = 30;
const HEIGHT = 40;

export class Curve {
  constructor() {
    this.node = element("figure", "curve");
    const svg = shape("svg", "plot");
    setAttribute(svg, "viewBox", `0 0 ${BARS} ${HEIGHT}`);
    setAttribute(svg, "preserveAspectRatio", "none");
    setAttribute(svg, "role", "img");
    this.svg = svg;
    this.paths = ["dials", "answers"].map((name) => shape("path", name));
    this.running = this.paths.map((path) => shape("path", `${path.getAttribute("class")} running`));
    svg.append(...this.paths, ...this.running);
    this.most = element("span", "most");
    const axis = element("figcaption", "axis");
    axis.append(element("span", "", "15 min ago"), this.most, element("span", "", "now"));
    this.node.append(svg, axis);
  }

  // `points`: start (ms) -> [dials, answers]; `reference`: the present, whose bar still grows and is lighter.
  draw(points, reference) {
    const last = Math.floor(reference / BAR) * BAR;
    const bars = Array.from({ length: BARS }, (_, place) => barAt(points, last - (BARS - 1 - place) * BAR));
    const most = Math.max(1, ...bars.map(([dials]) => dials));
    this.paths.forEach((path, which) => setAttribute(path, "d", outline(bars.slice(0, -1), which, most, 0)));
    this.running.forEach((path, which) => setAttribute(path, "d", outline(bars.slice(-1), which, most, BARS - 1)));
    const told = bars.some(([dials]) => dials > 0) ? `at most ${count(Math.ceil(most))} in 30 s` : "";
    setText(this.most, told);
    setAttribute(this.svg, "aria-label", `Dials of the last 15 minutes by half minutes: ${told || "none"}`);
  }
}

function barAt(points, start) {
  const sum = [0, 0];
  for (let at = start; at < start + BAR; at += POINT) {
    const [dials, answers] = points.get(at) ?? sum.map(() => 0);
    sum[0] += dials;
    sum[1] += answers;
  }
  return sum;
}

function outline(bars, which, most, from) {
  return bars.map((bar, place) => column(from + place, (bar[which] / most) * (HEIGHT - 1))).join("");
}

function column(place, height) {
  return height > 0 ? `M${place + 0.12},${HEIGHT}v${-height.toFixed(2)}h0.76V${HEIGHT}z` : "";
}
