/**
 * table[indices[i]] += rows[i], in order, so that sums over repeated indices are reproducible.
 * @param table [V, D] flat @param indices [N] @param rows [N, D] flat
 */
export function scatterAdd(table: Float32Array, indices: BigInt64Array, rows: Float32Array): void {
  const width = rows.length / indices.length;
  for (let i = 0; i < indices.length; i++) {
    const target = Number(indices[i]) * width;
    const source = i * width;
    for (let j = 0; j < width; j++) table[target + j] += rows[source + j];
  }
}
