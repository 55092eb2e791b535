/** The look of the chat page, light or dark as the system asks. */
export const pageStyle = `
:root { color-scheme: light dark; --page: light-dark(#f6f7f9, #10141a); --card: light-dark(#ffffff, #181e27);
  --ink: light-dark(#1b1f27, #e7ebf1); --quiet: light-dark(#5c6675, #9aa6b6); --line: light-dark(#e1e5eb, #2a3340);
  --own: light-dark(#dfeaff, #21365c); --first: light-dark(#2563c9, #6ea8ff); --bad: light-dark(#b42318, #ff8a7d); }
* { box-sizing: border-box; }
body { margin: 0; height: 100vh; display: grid; grid-template-columns: 280px 1fr; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
aside { padding: 20px; border-right: 1px solid var(--line); background: var(--card); overflow-y: auto; }
h1 { font-size: 18px; margin: 0 0 12px; }
label { display: block; margin: 12px 0 0; font-size: 13px; color: var(--quiet); }
label span { float: right; color: var(--ink); font-variant-numeric: tabular-nums; }
input, select, textarea { width: 100%; font: inherit; color: var(--ink); background: var(--page); border: 1px solid var(--line);
  border-radius: 8px; padding: 6px 10px; }
input[type=range] { padding: 0; accent-color: var(--first); }
input[type=checkbox] { width: auto; margin: 0 6px 0 0; vertical-align: -1px; }
textarea { resize: vertical; }
main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
#log { flex: 1; overflow-y: auto; padding: 24px max(24px, 50% - 380px); }
.turn { width: fit-content; max-width: 85%; margin: 0 0 12px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 12px;
  background: var(--card); white-space: pre-wrap; overflow-wrap: anywhere; min-height: 44px; }
.turn.user { margin-left: auto; background: var(--own); border-color: transparent; }
#problem { color: var(--bad); margin: 0; padding: 0 max(24px, 50% - 380px); overflow-wrap: anywhere; }
form { display: flex; gap: 8px; padding: 12px max(24px, 50% - 380px) 24px; }
form textarea { flex: 1; background: var(--card); }
button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 14px;
  cursor: pointer; }
button:disabled { opacity: .5; cursor: default; }
#send { background: var(--first); color: light-dark(#ffffff, #10141a); border-color: transparent; }
#clear { margin-top: 16px; }
:focus-visible { outline: 2px solid var(--first); outline-offset: 1px; }
@media (max-width: 700px) { body { height: auto; min-height: 100vh; grid-template-columns: 1fr; } aside { order: 2; border-right: 0; border-top: 1px solid var(--line); }
  #log { min-height: 40vh; } }
`;
