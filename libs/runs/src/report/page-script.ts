/**
 * What runs in report.html: draws the curves from the embedded data with uPlot, and again when the theme changes.
 * Plain JavaScript in a string, for it goes into the page as it stands.
 */
export const pageScript = `
(() => {
  'use strict';
  const charts = JSON.parse(document.getElementById('data').textContent);
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const short = (value) => {
    if (value == null) return '–';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toPrecision(3)).toExponential();
    return String(Number(value.toPrecision(size >= 1000 ? 6 : 4)));
  };

  // A noisy curve of many points is drawn thin, with its moving average over it.
  const smoothed = (values) => {
    const known = values.flatMap((value, i) => (value == null ? [] : [i]));
    const reach = Math.max(2, Math.round(known.length / 40));
    const result = values.map(() => null);
    known.forEach((i, k) => {
      const near = known.slice(Math.max(0, k - reach), k + reach + 1);
      result[i] = near.reduce((sum, j) => sum + values[j], 0) / near.length;
    });
    return result;
  };
  const roughness = (values) => {
    const known = values.filter((value) => value != null);
    let turns = 0;
    for (let i = 2; i < known.length; i++) if ((known[i] - known[i - 1]) * (known[i - 1] - known[i - 2]) < 0) turns++;
    return known.length > 60 ? turns / known.length : 0;
  };

  const build = (chart, holder) => {
    const axis = {
      stroke: color('quiet'), grid: { stroke: color('grid'), width: 1 }, ticks: { stroke: color('grid'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const data = [chart.steps];
    const series = [{ label: 'step' }];
    chart.series.forEach(({ label, color: number, dashed, values }) => {
      const stroke = color(['first', 'second', 'third', 'fourth', 'fifth', 'sixth'][number]);
      const few = values.filter((value) => value != null).length <= 25;
      const base = { label, value: (_, value) => short(value), spanGaps: true, stroke, width: 2, dash: dashed ? [6, 4] : undefined, points: { show: few, size: 6, fill: stroke } };
      if (roughness(values) > 0.3) {
        data.push(values, smoothed(values));
        series.push({ ...base, stroke: stroke + '55', width: 1, points: { show: false } }, { ...base, label: label + ', averaged' });
      } else {
        data.push(values);
        series.push(base);
      }
    });
    const size = () => ({ width: holder.clientWidth, height: 210 });
    const plot = new uPlot({
      ...size(), series, cursor: { y: false, focus: { prox: 24 } }, legend: { markers: { width: 0, fill: (u, i) => u.series[i].stroke(u, i) } },
      scales: { x: { time: false } },
      axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(short) }],
    }, data, holder);
    return { plot, resize: () => plot.setSize(size()) };
  };

  let drawn = [];
  const draw = () => {
    for (const { plot } of drawn) plot.destroy();
    drawn = charts.map((chart, i) => build(chart, document.getElementById('chart-' + i)));
  };
  draw();
  let waiting = 0;
  addEventListener('resize', () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => drawn.forEach(({ resize }) => resize()));
  });

  const system = matchMedia('(prefers-color-scheme: dark)');
  const button = document.getElementById('theme');
  const isDark = () => (document.documentElement.dataset.theme || (system.matches ? 'dark' : 'light')) === 'dark';
  const name = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    name();
    draw();
  });
  system.addEventListener('change', () => { name(); draw(); });
  name();
})();
`;
