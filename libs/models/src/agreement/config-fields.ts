import { ropeFieldsOf } from '../config/rope-scaling';

/** Pairs of fields of config.json that mean the same: the one that transformers follows, and the other. */
const SAME: readonly (readonly [string, string])[] = [
  ['dtype', 'torch_dtype'],
  ['n_positions', 'n_ctx'],
  ['rope_scaling', 'rope_parameters'],
];

/** Names fields of config.json that say different things about the same. */
export function warnOfFields(
  source: Readonly<Record<string, unknown>>,
  where: string,
  warn: (message: string) => void,
): void {
  for (const [followed, other] of SAME) {
    const [a, b] = [source[followed], source[other]];
    if (a == null || b == null || sameValue(a, b)) continue;
    if (followed === 'rope_scaling' && ropeFieldsOf(source) !== a) continue;
    warn(
      `${where}: "${followed}" is ${shown(a)} and "${other}" is ${shown(b)}; "${followed}" is followed, as transformers does`,
    );
  }
}

/** Type and theta of rotary positions are written in several ways, which are compared by what they name. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [a, b].map((fields) => {
    const { type, rope_type: newer, rope_theta: _theta, ...rest } = fields as Record<string, unknown>;
    return { ...rest, type: newer ?? type ?? 'default' } as Record<string, unknown>;
  });
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
