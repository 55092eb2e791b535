import { writeHalf } from './half';

const SUPER_BLOCK = 256;
const SUB_BLOCK = 16;
const SUBS = SUPER_BLOCK / SUB_BLOCK;
const HIGH = 128;
const SCALES = 192;
const D = 208;
const BYTES = 210;
/** Scales that are tried on each side of the one that maps the extreme to −32. */
const CANDIDATES = 9;

/**
 * Q6_K: 256 numbers of 6 bits, with a signed 8-bit scale for each 16 (ggml-common.h, block_q6_K; the layout is that of
 * `dequantizeQ6K`). Each sub-block takes the scale of least weighted square error, of several that are tried.
 */
export function quantizeQ6K(source: Float32Array, blocks: Uint8Array): void {
  const scales = new Float64Array(SUBS);
  for (let start = 0, at = 0; start < source.length; start += SUPER_BLOCK, at += BYTES) {
    let extreme = 0;
    for (let sub = 0; sub < SUBS; sub++) {
      scales[sub] = fitScale(source, start + sub * SUB_BLOCK);
      if (Math.abs(scales[sub]) > Math.abs(extreme)) extreme = scales[sub];
    }
    blocks.fill(0, at, at + BYTES);
    const d = writeHalf(extreme / -128, blocks, at + D);
    for (let sub = 0; sub < SUBS; sub++) {
      const scale = d === 0 ? 0 : Math.max(-128, Math.min(127, Math.round(scales[sub] / d)));
      blocks[at + SCALES + sub] = scale;
      pack(source, start, sub, d * scale, blocks, at);
    }
  }
}

function pack(
  source: Float32Array,
  start: number,
  sub: number,
  step: number,
  blocks: Uint8Array,
  at: number,
): void {
  const first = sub * SUB_BLOCK;
  const half = first >= 128 ? 1 : 0;
  const group = (first % 128) >> 5;
  const low = at + half * 64 + (group & 1) * 32 + (first & 31);
  const high = at + HIGH + half * 32 + (first & 31);
  const lowShift = (group >> 1) * 4;
  for (let i = 0; i < SUB_BLOCK; i++) {
    const level = step === 0 ? 0 : Math.round(source[start + first + i] / step);
    const q = Math.max(-32, Math.min(31, level)) + 32;
    blocks[low + i] |= (q & 15) << lowShift;
    blocks[high + i] |= (q >> 4) << (2 * group);
  }
}

function fitScale(x: Float32Array, start: number): number {
  let extreme = 0;
  for (let i = start; i < start + SUB_BLOCK; i++) if (Math.abs(x[i]) > Math.abs(extreme)) extreme = x[i];
  if (extreme === 0) return 0;
  let best = extreme / -32;
  let most = 0;
  for (let candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
    const inverse = -(32 + candidate * 0.1) / extreme;
    let [wxq, wqq] = [0, 0];
    for (let i = start; i < start + SUB_BLOCK; i++) {
      const q = Math.max(-32, Math.min(31, Math.round(x[i] * inverse)));
      const weight = x[i] * x[i];
      wxq += weight * x[i] * q;
      wqq += weight * q * q;
    }
    // With the best scale wxq / wqq, the error is Σ w·x² − wxq² / wqq.
    if (wqq > 0 && wxq * wxq > most * wqq) {
      most = (wxq * wxq) / wqq;
      best = wxq / wqq;
    }
  }
  return best;
}
