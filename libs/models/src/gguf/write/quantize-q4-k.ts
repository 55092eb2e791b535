import { writeHalf } from './half';

const SUPER_BLOCK = 256;
const SUB_BLOCK = 32;
const SUBS = SUPER_BLOCK / SUB_BLOCK;
const SCALES = 4;
const QUANTS = 16;
const BYTES = 144;
const LEVELS = 15;
/** Scales that are tried for a sub-block, around the one that maps its range to all levels. */
const CANDIDATES = 21;

interface Affine {
  scale: number;
  /** x ≈ scale·q − minimum */
  minimum: number;
}

/**
 * Q4_K: 256 numbers as nibbles, with a 6-bit scale and minimum for each 32 (ggml-common.h, block_q4_K; the layout is that of
 * `dequantizeQ4K`). Each sub-block takes the scale and minimum of least weighted square error, of several that are tried.
 */
export function quantizeQ4K(source: Float32Array, blocks: Uint8Array): void {
  for (let start = 0, at = 0; start < source.length; start += SUPER_BLOCK, at += BYTES) {
    const fits = Array.from({ length: SUBS }, (_, sub) => fitAffine(source, start + sub * SUB_BLOCK));
    const d = writeHalf(Math.max(...fits.map(({ scale }) => scale)) / 63, blocks, at);
    const dmin = writeHalf(Math.max(...fits.map(({ minimum }) => minimum)) / 63, blocks, at + 2);
    blocks.fill(0, at + SCALES, at + BYTES);
    for (const [sub, { scale, minimum }] of fits.entries()) {
      const s = sixBits(scale, d);
      const m = sixBits(minimum, dmin);
      packScales(blocks, at + SCALES, sub, s, m);
      const [step, offset] = [d * s, dmin * m];
      const from = start + sub * SUB_BLOCK;
      const to = at + QUANTS + (sub >> 1) * SUB_BLOCK;
      const shift = (sub & 1) * 4;
      for (let i = 0; i < SUB_BLOCK; i++) {
        const q = step === 0 ? 0 : Math.round((source[from + i] + offset) / step);
        blocks[to + i] |= Math.max(0, Math.min(LEVELS, q)) << shift;
      }
    }
  }
}

const sixBits = (value: number, unit: number): number =>
  unit === 0 ? 0 : Math.max(0, Math.min(63, Math.round(value / unit)));

function packScales(blocks: Uint8Array, at: number, sub: number, scale: number, minimum: number): void {
  if (sub < 4) {
    blocks[at + sub] |= scale;
    blocks[at + 4 + sub] |= minimum;
    return;
  }
  blocks[at + 4 + sub] = (scale & 15) | ((minimum & 15) << 4);
  blocks[at + sub - 4] |= (scale >> 4) << 6;
  blocks[at + sub] |= (minimum >> 4) << 6;
}

/** Larger weights count more, because their errors change a product more: w = √mean(x²) + |x|. */
function fitAffine(x: Float32Array, start: number): Affine {
  let [low, high, squares] = [0, Number.NEGATIVE_INFINITY, 0];
  for (let i = start; i < start + SUB_BLOCK; i++) {
    low = Math.min(low, x[i]);
    high = Math.max(high, x[i]);
    squares += x[i] * x[i];
  }
  if (high <= low) return { scale: 0, minimum: -low };
  const base = Math.sqrt(squares / SUB_BLOCK);
  let best: Affine = { scale: (high - low) / LEVELS, minimum: -low };
  let least = Number.POSITIVE_INFINITY;
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const inverse = (LEVELS - 1 + candidate * 0.1) / (high - low);
    let [w, wq, wqq, wx, wxq, wxx] = [0, 0, 0, 0, 0, 0];
    for (let i = start; i < start + SUB_BLOCK; i++) {
      const value = x[i];
      const q = Math.min(LEVELS, Math.round((value - low) * inverse));
      const weight = base + Math.abs(value);
      w += weight;
      wq += weight * q;
      wqq += weight * q * q;
      wx += weight * value;
      wxq += weight * value * q;
      wxx += weight * value * value;
    }
    // The least squares line through (q, x); its minimum may not lie above zero.
    const determinant = w * wqq - wq * wq;
    let scale = determinant > 0 ? (w * wxq - wx * wq) / determinant : 0;
    let offset = determinant > 0 ? (wqq * wx - wq * wxq) / determinant : 0;
    if (offset > 0 || determinant <= 0) {
      offset = 0;
      scale = wqq > 0 ? wxq / wqq : 0;
    }
    const error =
      wxx -
      2 * scale * wxq -
      2 * offset * wx +
      scale * scale * wqq +
      2 * scale * offset * wq +
      offset * offset * w;
    if (scale > 0 && error < least) {
      least = error;
      best = { scale, minimum: -offset };
    }
  }
  return best;
}
