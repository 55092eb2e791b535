/** A typed array that doubles when it is full, up to `limit` elements. */
export class GrowableArray<A extends Uint8Array | Uint32Array> {
  length = 0;
  constructor(
    public array: A,
    private readonly limit: number,
  ) {}

  /** Appends space for `count` elements, which the caller fills. @returns its beginning */
  reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.array.length) {
      const size = Math.max(this.length, Math.min(this.limit, this.array.length * 2));
      const grown = new (this.array.constructor as new (size: number) => A)(size);
      grown.set(this.array);
      this.array = grown;
    }
    return start;
  }
}
