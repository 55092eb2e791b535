/**
 * XLA's work to compile one training pass over a LLaMA of the given shape, without memory for the model. Processor time
 * counts that of the assembler for GPUs, which is another process.
 */
import { readFileSync } from 'node:fs';
import { encodeModule } from '@open-chatgpt/autodiff';
import { AheadCompiler, languageModelLoss, outlineModel, stepGraphs } from '@open-chatgpt/models';
import { GPU_TARGETS, xlaClient } from '@open-chatgpt/runtime';
import { configOf, options } from './model.mjs';

const { shape, target, devices = 1, ...pass } = options;
const config = configOf(shape, pass.length);
const kind = { lora: null, scalarHead: false };

function compileForCpu() {
  const client = xlaClient();
  for (const { graph } of stepGraphs(outlineModel(config, kind), languageModelLoss, pass)) {
    const { text, outputs } = encodeModule(graph);
    client.compile(text, outputs.length, client.devicesOf(null));
  }
}

function compileAhead() {
  const ahead = { config, ...kind, bf16: true, pass, mesh: { preset: 'zero3' }, devices };
  new AheadCompiler(GPU_TARGETS[target]).step(ahead);
}

/** Seconds of this process and of those that it has waited for (proc_pid_stat(5), in hundredths). */
function processorSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / 100;
}

const [started, used] = [performance.now(), processorSeconds()];
if (target === 'cpu') compileForCpu();
else compileAhead();
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1000,
    processorSeconds: processorSeconds() - used,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
