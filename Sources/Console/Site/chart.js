import { h, replace, svg } from "./dom.js";
import { clock, duration } from "./text.js";

const height = 150, left = 46, right = 8, top = 10, band = 12, bottom = 34;

/** Draws the last hours: the latency as a line, the status as a band below it. */
export function drawChart(place, history) {
  const points = history.points.map((point) => ({ ...point, time: Date.parse(point.at) }));
  if (points.length === 0) {
    replace(place, h("p", { class: "muted" }, "There is no history yet. The first minute is drawn as soon as it has passed."));
    return;
  }
  // As many units as pixels, so that the letters have their size on every screen.
  const width = Math.max(240, Math.round(place.clientWidth));
  const step = history.step_seconds * 1000;
  const end = Math.max(Date.now(), points.at(-1).time + step);
  const start = Math.min(points[0].time, end - 15 * 60000);
  const highest = niceCeiling(Math.max(1, ...points.map((point) => point.latency_ms ?? 0)));
  const x = (time) => left + ((time - start) / (end - start)) * (width - left - right);
  const y = (ms) => top + (1 - ms / highest) * (height - top - bottom - band);

  const spans = points.map((point, index) => {
    const until = points[index + 1]?.time ?? end;
    return svg("rect", {
      class: `band ${point.status}`, x: x(point.time).toFixed(1), y: height - bottom - band + 6, height: band - 4, rx: 1,
      width: Math.max(1, x(until) - x(point.time) - 0.5).toFixed(1),
    });
  });
  const ticks = [0, 0.5, 1].map((part) => part * highest);
  const times = [start, (start + end) / 2, end];
  replace(place, svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(points) },
    ticks.map((ms) => [
      svg("line", { class: "rule", x1: left, x2: width - right, y1: y(ms), y2: y(ms) }),
      svg("text", { class: "tick", x: left - 8, y: y(ms) + 4, "text-anchor": "end" }, ms === 0 ? "0" : duration(ms)),
    ]),
    line(points, x, y, step), spans,
    times.map((time, index) => svg("text", {
      class: "tick", x: x(time), y: height - 8, "text-anchor": ["start", "middle", "end"][index],
    }, index === 2 ? "now" : clock(time)))));
}

/** The latency, broken where nothing was measured. */
function line(points, x, y, step) {
  const runs = [];
  let last = null;
  for (const point of points) {
    if (point.latency_ms === null) {
      last = null;
      continue;
    }
    if (!last || point.time - last.time > 2.5 * step) runs.push([]);
    runs.at(-1).push(`${x(point.time + step / 2).toFixed(1)},${y(point.latency_ms).toFixed(1)}`);
    last = point;
  }
  return runs.map((run) => (run.length > 1
    ? svg("polyline", { class: "latency", points: run.join(" ") })
    : svg("circle", { class: "latency-point", cx: run[0].split(",")[0], cy: run[0].split(",")[1], r: 2.5 })));
}

function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((limit) => limit >= value);
}

/** What the picture shows, for whoever does not see it. */
function summary(points) {
  const measured = points.map((point) => point.latency_ms).filter((ms) => ms !== null);
  const bad = points.filter((point) => point.status !== "connected").length;
  const latency = measured.length > 0
    ? `Latency between ${duration(Math.min(...measured))} and ${duration(Math.max(...measured))}.` : "No latency was measured yet.";
  return `${latency} ${bad === 0 ? "Connected all the time" : `Not connected in ${bad} of ${points.length} minutes`}.`;
}
