/** The values made for the most recently used keys: compiled graphs of a few batch shapes, without end otherwise. */
export class LruCache<T> {
  private readonly values = new Map<string, T>();

  constructor(
    private readonly capacity: number,
    private readonly make: (key: string) => T,
  ) {}

  get(key: string): T {
    const value = this.values.get(key) ?? this.make(key);
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size > this.capacity) this.values.delete(this.values.keys().next().value!);
    return value;
  }
}
