/**
 * Fixed values in [-1, 1) without pattern, the same at every run: test data that needs neither a seed nor a file.
 * Another `salt` gives other values.
 */
export function testValues(count: number, salt = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const hash = Math.sin(index * 12.9898 + salt * 78.233 + 1) * 43758.5453;
    return 2 * (hash - Math.floor(hash)) - 1;
  });
}
