import { createHash } from 'node:crypto';
import { pageScript } from './page-script';
import { pageStyle } from './page-style';

interface Slider {
  id: string;
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
}

const SLIDERS: readonly Slider[] = [
  { id: 'temperature', label: 'Temperature', min: 0, max: 2, step: 0.05, value: 0.7 },
  { id: 'top_p', label: 'Top-p', min: 0, max: 1, step: 0.01, value: 0.95 },
  { id: 'top_k', label: 'Top-k (0: all)', min: 0, max: 100, step: 1, value: 40 },
  { id: 'num_beams', label: 'Beams', min: 1, max: 8, step: 1, value: 1 },
  { id: 'max_tokens', label: 'Max. tokens', min: 1, max: 1024, step: 1, value: 128 },
];

const slider = ({ id, label, ...range }: Slider): string => {
  const attributes = Object.entries(range).map(([name, value]) => `${name}="${value}"`);
  return `<label for="${id}">${label} <span id="${id}_value"></span></label><input type="range" id="${id}" ${attributes.join(' ')}>`;
};

/** A page to talk to the served models, with nothing from outside it. */
export const chatPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Open-ChatGPT</title><style>${pageStyle}</style></head>
<body><aside><h1>Open-ChatGPT</h1>
<label for="model">Model</label><select id="model"></select>
<label for="token">Token, where the server requires one</label><input type="password" id="token" autocomplete="off" spellcheck="false">
<label for="system">System message</label><textarea id="system" rows="2"></textarea>
${SLIDERS.map(slider).join('\n')}
<label><input type="checkbox" id="stream" checked>Show the answer as it arrives</label>
<button type="button" id="clear">New conversation</button></aside>
<main><div id="log" role="log" aria-live="polite" aria-label="Conversation"></div><p id="problem" role="alert"></p>
<form id="form"><textarea id="text" rows="2" placeholder="Message" aria-label="Message" autofocus></textarea>
<button id="send">Send</button><button type="button" id="stop" disabled>Stop</button></form></main>
<script>${pageScript}</script></body></html>
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Its script and style run by their hashes, and it talks to this server only. */
export const chatPagePolicy = [
  "default-src 'none'",
  `script-src ${hash(pageScript)}`,
  `style-src ${hash(pageStyle)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
