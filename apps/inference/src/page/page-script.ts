/**
 * What runs in the chat page: sends the conversation to this server and shows the answer as it arrives. What a model writes goes
 * into text nodes only. Plain JavaScript in a string, because no compiler processes the scripts of the page.
 */
export const pageScript = `
(() => {
  'use strict';
  const by = (id) => document.getElementById(id);
  const [log, model, token, system, text, send, stop, clear, problem] =
    ['log', 'model', 'token', 'system', 'text', 'send', 'stop', 'clear', 'problem'].map(by);
  const sliders = ['temperature', 'top_p', 'top_k', 'num_beams', 'max_tokens'];
  let messages = [];
  let running = null;

  const headers = () => ({
    'content-type': 'application/json',
    ...(token.value && { authorization: 'Bearer ' + token.value }),
  });

  const show = (role, content) => {
    const turn = document.createElement('div');
    turn.className = 'turn ' + role;
    turn.textContent = content;
    log.append(turn);
    turn.scrollIntoView({ block: 'end' });
    return turn;
  };

  const failure = async (response) => {
    const body = await response.json().catch(() => null);
    return new Error((body && body.error && body.error.message) || 'status ' + response.status);
  };

  const listModels = async () => {
    problem.textContent = '';
    try {
      const response = await fetch('v1/models', { headers: headers() });
      if (!response.ok) throw await failure(response);
      const { data } = await response.json();
      model.replaceChildren(...data.map(({ id }) => new Option(id, id)));
      if (data.length === 0) problem.textContent = 'no model is loaded yet; load the page again later';
    } catch (error) {
      problem.textContent = error.message;
    }
  };

  // Beam search takes none of the fields that restrict sampling.
  const beams = () => Number(by('num_beams').value) > 1;
  const update = () => {
    for (const id of sliders) by(id + '_value').textContent = by(id).value;
    for (const id of ['top_p', 'top_k']) by(id).disabled = beams();
  };

  const request = () => {
    const body = {
      model: model.value,
      messages: [...(system.value ? [{ role: 'system', content: system.value }] : []), ...messages],
      stream: by('stream').checked,
    };
    for (const id of sliders) if (!by(id).disabled) body[id] = Number(by(id).value);
    return body;
  };

  /** Calls onText with each piece of a stream of server-sent events. */
  const readStream = async (response, onText) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the connection ended before the answer');
      const lines = (held + value).split('\\n');
      held = lines.pop();
      for (const line of lines) {
        if (line === 'data: [DONE]') return;
        if (!line.startsWith('data: ')) continue;
        const event = JSON.parse(line.slice(6));
        if (event.error) throw new Error(event.error.message);
        onText(event.choices[0]?.delta.content ?? '');
      }
    }
  };

  const answer = async () => {
    const turn = show('assistant', '');
    let content = '';
    const add = (piece) => {
      content += piece;
      turn.textContent = content;
      turn.scrollIntoView({ block: 'end' });
    };
    try {
      const body = request();
      const options = { method: 'POST', headers: headers(), body: JSON.stringify(body), signal: running.signal };
      const response = await fetch('v1/chat/completions', options);
      if (!response.ok) throw await failure(response);
      if (body.stream) await readStream(response, add);
      else add((await response.json()).choices[0].message.content ?? '');
    } catch (error) {
      if (error.name !== 'AbortError') problem.textContent = error.message;
    }
    if (content === '') turn.remove();
    else messages.push({ role: 'assistant', content });
  };

  const busy = (is) => {
    running = is ? new AbortController() : null;
    send.disabled = is;
    stop.disabled = !is;
  };

  by('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const content = text.value.trim();
    if (content === '' || running) return;
    problem.textContent = '';
    messages.push({ role: 'user', content });
    show('user', content);
    text.value = '';
    busy(true);
    await answer();
    busy(false);
    text.focus();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    by('form').requestSubmit();
  });
  stop.addEventListener('click', () => running && running.abort());
  clear.addEventListener('click', () => {
    if (running) running.abort();
    messages = [];
    log.replaceChildren();
    problem.textContent = '';
  });
  token.addEventListener('change', listModels);
  for (const id of sliders) by(id).addEventListener('input', update);
  update();
  listModels();
})();
`;
