/** The look of report.html; `data-theme` overrides what the system asks for. */
const light = `color-scheme: light; --page: #f6f7f9; --card: #ffffff; --ink: #1b1f27; --quiet: #5c6675; --line: #e1e5eb;
  --grid: #e9ecf1; --first: #2563c9; --second: #d9680f; --third: #1a7f4b; --fourth: #8a3ffc;
  --fifth: #b42318; --sixth: #0f7b8a; --good: #1a7f4b; --bad: #b42318; --shade: #eef2f7;`;
const dark = `color-scheme: dark; --page: #10141a; --card: #181e27; --ink: #e7ebf1; --quiet: #9aa6b6; --line: #2a3340;
  --grid: #262e3a; --first: #6ea8ff; --second: #ff9d52; --third: #55c98b; --fourth: #be95ff;
  --fifth: #ff8a7d; --sixth: #5cc8d7; --good: #55c98b; --bad: #ff8a7d; --shade: #202833;`;

export const pageStyle = `
:root { ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
:root[data-theme=light] { ${light} }
:root[data-theme=dark] { ${dark} }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", "Noto Sans CJK SC", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
header { display: flex; gap: 16px; align-items: flex-start; justify-content: space-between; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 48px 0 2px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0; }
.quiet { color: var(--quiet); }
.lead { max-width: 68ch; margin-bottom: 16px; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 5px 12px; cursor: pointer; white-space: nowrap; }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 14px; margin: 24px 0 0; }
.tile .name { font-size: 13px; color: var(--quiet); }
.tile .value { font-size: 26px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.tile .value small { font-size: 15px; font-weight: 400; color: var(--quiet); }
.tile .note { font-size: 13px; color: var(--quiet); }
.better, .score.better { color: var(--good); } .worse { color: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 14px; margin-top: 14px; }
.chart { min-width: 0; }
.chart p { font-size: 13px; color: var(--quiet); margin-bottom: 8px; }
.plot { min-height: 250px; }
.uplot .u-legend { font-size: 13px; text-align: left; margin: 0; }
.uplot .u-legend .u-value { font-variant-numeric: tabular-nums; }
.u-select { background: color-mix(in srgb, var(--first) 15%, transparent); }
.scroll { overflow: auto; max-height: 80vh; }
table { border-collapse: collapse; width: 100%; }
.samples th { text-align: left; font-size: 13px; color: var(--quiet); font-weight: 600; padding: 0 12px 8px 0; }
.samples td { vertical-align: top; border-top: 1px solid var(--line); padding: 12px 12px 12px 0; min-width: 160px; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16em; overflow-y: auto; }
.score { display: inline-block; margin-top: 6px; padding: 0 8px; border-radius: 99px; background: var(--shade); font-size: 12px;
  color: var(--quiet); font-variant-numeric: tabular-nums; }
.score + .score { margin-left: 6px; } .score.worse { color: var(--bad); }
.figures td { border-top: 1px solid var(--line); padding: 6px 16px 6px 0; }
.figures td:last-child { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
.figures tr:first-child td { border-top: 0; }
.warnings { border-left: 4px solid var(--second); margin-top: 24px; }
.warnings ul { margin: 4px 0 0; padding-left: 20px; overflow-wrap: anywhere; }
details { margin-top: 14px; } summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; margin: 12px 0 0; }
@media print { button { display: none; } .card { break-inside: avoid; } .text, .scroll { max-height: none; } }
`;
