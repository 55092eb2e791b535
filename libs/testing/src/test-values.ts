/**
 * Irregular fixed values in [-1, 1), equal at every run: test data without a seed or a file.
 * A different `salt` returns different values.
 */
export function testValues(count: number, salt = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const hash = Math.sin(index * 12.9898 + salt * 78.233 + 1) * 43758.5453;
    return 2 * (hash - Math.floor(hash)) - 1;
  });
}
