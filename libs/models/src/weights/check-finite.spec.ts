import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGgufPart } from '../gguf/gguf-file';
import { ENCODINGS, type EncodingName } from '../gguf/write/encodings';
import { layOut, writeGguf } from '../gguf/write/write-gguf';
import { openModel } from '../huggingface/open-model';
import { mergedModel } from '../peft/merge';
import { openAdapter } from '../peft/open-adapter';
import { openSafetensors } from '../safetensors/read-safetensors';
import { writeSafetensors } from '../safetensors/write-safetensors';
import { GOLDEN } from '../testing/golden-model';
import type { FloatDtype } from './convert';
import { elementCount, type TensorFile } from './weight-source';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finite-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** NaN and infinity as fp16. */
const NOT_FINITE = [0x7e00, 0x7c00];

async function readOne(file: TensorFile, length: number): Promise<void> {
  try {
    await file.read('w', new Float32Array(length));
  } finally {
    await file.close();
  }
}

/** Fills the tensors whose names end so with one value. */
async function fill(file: string, ending: string, value: number): Promise<void> {
  const source = await openSafetensors(file);
  const tensors = [];
  for (const { name, shape } of source.tensors()) {
    const data = new Float32Array(elementCount(shape));
    await source.read(name, data);
    tensors.push({ name, shape, data: name.endsWith(ending) ? data.fill(value) : data });
  }
  await source.close();
  await writeSafetensors(file, tensors, { dtype: 'F32' });
}

describe('weights that are not finite', () => {
  it.each<FloatDtype>(['F32', 'F16', 'BF16'])('are refused in safetensors: %s', async (dtype) => {
    const path = join(folder, 'w.safetensors');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const data = new Float32Array(300_000).fill(1);
      data[299_999] = value;
      await writeSafetensors(path, [{ name: 'w', shape: [300_000], data }], { dtype });
      await expect(readOne(await openSafetensors(path), data.length)).rejects.toThrow(
        `${path}: tensor "w": 1 of 300000 values are not finite`,
      );
    }
  });

  it.each<[EncodingName, offsets: number[]]>([
    ['F32', []],
    ['F16', [0]],
    ['Q8_0', [0]],
    ['Q4_K', [0, 2]],
    ['Q6_K', [208]],
  ])('are refused in GGUF, also where only the scale of a block is wrong: %s', async (encoding, offsets) => {
    const path = join(folder, 'w.gguf');
    const write = (data: Float32Array) =>
      writeGguf(path, layOut([], [{ name: 'w', shape: [1, 256], encoding, load: async () => data }]));
    await write(Float32Array.from({ length: 256 }, (_, i) => i - 100));
    await readOne(await openGgufPart(path), 256);
    const bytes = readFileSync(path);
    const { blockSize, blockBytes } = ENCODINGS[encoding];
    const start = bytes.length - Math.ceil(((256 / blockSize) * blockBytes) / 32) * 32;
    for (const offset of offsets)
      for (const value of NOT_FINITE) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt16LE(value, start + offset);
        writeFileSync(path, damaged);
        await expect(readOne(await openGgufPart(path), 256)).rejects.toThrow(/tensor "w": \d+ of 256 values/);
      }
    if (encoding !== 'F32') return;
    await write(new Float32Array(256).fill(Number.NaN));
    await expect(readOne(await openGgufPart(path), 256)).rejects.toThrow('256 of 256 values are not finite');
  });

  it('are refused in adapters, and where factors overflow when they are merged', async () => {
    const source = join(GOLDEN, 'adapters', 'bias-all');
    for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
      copyFileSync(join(source, name), join(folder, name));
    const weights = join(folder, 'adapter_model.safetensors');
    const merge = async () => {
      const adapter = await openAdapter(folder);
      const base = await openModel(join(GOLDEN, 'adapters', 'bases', adapter.baseModel as string));
      const merged = mergedModel(base, adapter, folder);
      try {
        for (const { name, shape } of merged.weights.tensors())
          await merged.weights.read(name, new Float32Array(elementCount(shape)));
      } finally {
        await adapter.close();
        await base.close();
      }
    };
    await merge();
    await fill(weights, 'q_proj.lora_A.weight', 3e38);
    await expect(merge()).rejects.toThrow(
      /q_proj\.weight" with the adapter: \d+ of \d+ values are not finite/,
    );
    await fill(weights, 'q_proj.lora_A.weight', Number.NaN);
    await expect(merge()).rejects.toThrow(/tensor "base_model\.model\..*q_proj\.lora_A\.weight": \d+ of/);
  });
});
