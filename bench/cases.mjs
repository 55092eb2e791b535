/** For each case its shapes, the options of our worker and the modes of the peers. */

const SMALL = { dim: 256, layers: 6, heads: 8, kvHeads: 8, ffn: 688, vocab: 8192, tied: true };
const SMOLLM2 = { dim: 576, layers: 30, heads: 9, kvHeads: 3, ffn: 1536, vocab: 49152, tied: true };

const shapeFlags = ({ dim, layers, heads, kvHeads, ffn, vocab, tied }) => [
  ...[
    '--dim',
    dim,
    '--layers',
    layers,
    '--heads',
    heads,
    '--kv-heads',
    kvHeads,
    '--ffn',
    ffn,
    '--vocab',
    vocab,
  ],
  ...(tied ? ['--tied'] : []),
];

function trainStep(name, shape, batch, length) {
  const flags = [...shapeFlags(shape), '--batch', batch, '--length', length];
  return {
    name,
    shape: { ...shape, batch, length },
    weights: { shape, length },
    ours: { script: 'train-step.mjs', options: { shape, batch, length } },
    peers: ['sdpa', 'eager'].map((attention) => ({
      name: `torch ${attention}`,
      script: 'train_step.py',
      flags: [...flags, '--attention', attention],
    })),
  };
}

function decode(name, batch, precision) {
  const [prompt, newTokens] = [16, 64];
  const flags = [...shapeFlags(SMOLLM2), '--batch', batch, '--prompt', prompt, '--new-tokens', newTokens];
  const modes =
    precision === 'float32'
      ? ['rows', 'columns', 'packed'].map((kind) => ['--linear', kind])
      : [['--precision', 'int8']];
  return {
    name,
    shape: { ...SMOLLM2, batch, prompt, newTokens },
    weights: { shape: SMOLLM2, length: prompt + newTokens },
    ours: { script: 'decode.mjs', options: { shape: SMOLLM2, batch, prompt, newTokens, precision } },
    peers: modes.map((mode) => ({
      name: `torch ${mode.at(-1)}`,
      script: 'decode.py',
      flags: [...flags, ...mode],
    })),
  };
}

/** XLA on the CPU beside ONNX Runtime and torch. */
function onXla(one) {
  const { script, options } = one.ours;
  return {
    ...one,
    name: `xla-${one.name}`,
    ours: { script, options, device: 'xla:cpu' },
    peers: [{ name: 'onnxruntime', script, options }, ...one.peers],
  };
}

const ADAMW = {
  name: 'adamw',
  shape: { elements: 33_554_432, tensors: 32 },
  ours: { script: 'adamw.mjs', options: {} },
  peers: ['fused', 'foreach'].map((kind) => ({
    name: `torch ${kind}`,
    script: 'adamw.py',
    flags: ['--implementation', kind],
  })),
};

export const cases = {
  'train-step': [
    trainStep('train-step-small', SMALL, 8, 256),
    trainStep('train-step-t1024', SMALL, 2, 1024),
    trainStep('train-step-smollm2', SMOLLM2, 2, 256),
  ],
  decode: [1, 8, 32].flatMap((batch) => [
    decode(`decode-b${batch}`, batch, 'float32'),
    decode(`decode-b${batch}-int8`, batch, 'int8'),
  ]),
  adamw: [ADAMW],
  xla: [
    trainStep('train-step-small', SMALL, 8, 256),
    trainStep('train-step-smollm2', SMOLLM2, 2, 256),
    ADAMW,
    decode('decode-b8', 8, 'float32'),
  ].map(onXla),
  load: ['F32', 'BF16'].map((dtype) => ({
    name: `load-${dtype.toLowerCase()}`,
    shape: { ...SMOLLM2, dtype },
    weights: { shape: SMOLLM2, length: 256, dtype },
    ours: { script: 'load.mjs', options: {} },
    peers: [{ name: 'torch', script: 'load.py', flags: [] }],
  })),
};
