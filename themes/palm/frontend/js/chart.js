// The line of the last days, drawn from the table that stands below it.
import uPlot from "uplot";

export function draw(box, table) {
  const days = [...table.querySelectorAll("[data-x]")];
  const values = [...table.querySelectorAll("[data-y]")];
  const x = days.map((_cell, at) => at);
  const y = values.map((cell) => Number(cell.dataset.y));
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Amounts are counted in minor units; the words beside them tell how many make one.
  const biggest = y.indexOf(Math.max(...y));
  const said = Number((values[biggest]?.textContent || "").replace(/[^\d.]/g, ""));
  const unit = said ? [1, 10, 100, 1000].find((one) => Math.abs(y[biggest] / one - said) < 1) || 1 : 1;
  const format = new Intl.NumberFormat(document.documentElement.lang, {notation: "compact", maximumFractionDigits: 1});
  const short = (value) => format.format(value / unit);
  const date = new Intl.DateTimeFormat(document.documentElement.lang, {month: "numeric", day: "numeric", timeZone: "UTC"});
  const day = (at) => {
    const moment = new Date(days[at]?.dataset.x);
    return Number.isNaN(moment.getTime()) ? days[at]?.textContent ?? "" : date.format(moment);
  };
  const axis = {stroke: css("--zg-muted"), font: `12px ${getComputedStyle(document.body).fontFamily}`, ticks: {show: false}};
  const tip = box.appendChild(document.createElement("div"));
  tip.className = "chart-tip";
  const plot = new uPlot({
    width: box.clientWidth, height: box.clientHeight, padding: [12, 12, 0, 0], legend: {show: false},
    cursor: {y: false, points: {size: 8}, drag: {x: false, y: false}},
    scales: {x: {time: false}, y: {range: (_u, _low, high) => [0, high * 1.1 || 1]}},
    axes: [
      {...axis, grid: {show: false}, size: 28, values: (_u, at) => at.map(day), space: 48, incrs: [1, 2, 5, 7, 10]},
      {...axis, grid: {stroke: css("--zg-line"), width: 1}, size: 44, space: 40, values: (_u, at) => at.map(short)},
    ],
    series: [{}, {stroke: css("--zg-brand-text"), width: 2, fill: css("--zg-brand-soft"), points: {show: false}, paths: uPlot.paths.spline()}],
    hooks: {setCursor: [(u) => {
      const at = u.cursor.idx;
      tip.textContent = at == null ? "" : `${days[at].textContent}  ${values[at].textContent}`;
    }]},
  }, [x, y], box);
  new ResizeObserver(() => plot.setSize({width: box.clientWidth, height: box.clientHeight})).observe(box);
  const redraw = () => { observer.disconnect(); plot.destroy(); tip.remove(); draw(box, table); };
  const observer = new MutationObserver(redraw);
  observer.observe(document.documentElement, {attributes: true, attributeFilter: ["data-appearance"]});
}
