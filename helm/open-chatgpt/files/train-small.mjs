// The script of `helm test`: submits a tiny pipeline to the gateway and waits until it is completed.
const { GATEWAY, TOKEN, TIMEOUT_SECONDS } = process.env;
const id = `helm-test-${Date.now()}`;
const headers = { 'content-type': 'application/json', ...(TOKEN && { authorization: `Bearer ${TOKEN}` }) };
const pipeline = {
  name: 'helm-test',
  model: { scratch: { hiddenSize: 32, intermediateSize: 64, numHiddenLayers: 1 } },
  stages: [
    { uses: 'sft', with: { dataset: { path: 'builtin:tasks', limit: 200 }, maxSteps: 20, loggingSteps: 5 } },
  ],
};

async function call(path, body) {
  const options = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  const response = await fetch(`${GATEWAY}/v1/${path}`, options);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: status ${response.status}: ${text}`);
  return JSON.parse(text);
}

const end = Date.now() + TIMEOUT_SECONDS * 1000;
await call('pipelines', { pipelineId: id, pipeline });
console.log(`helm test: submitted ${id}`);
for (let last; ; ) {
  const state = await call(`pipelines/${id}`);
  if (state.status !== last) console.log(`helm test: ${id} is ${state.status}`);
  last = state.status;
  if (last === 'completed') break;
  if (last === 'failed' || last === 'cancelled')
    throw new Error(`${id} is ${last}: ${JSON.stringify(state)}`);
  if (Date.now() > end)
    throw new Error(`${id} is still ${last} after ${TIMEOUT_SECONDS} s: ${JSON.stringify(state)}`);
  await new Promise((resolve) => setTimeout(resolve, 2000));
}
