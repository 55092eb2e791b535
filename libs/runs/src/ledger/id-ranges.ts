/** A set of whole numbers, kept as disjoint ranges [first, last] in ascending order: small when ids are counted up. */
export class IdRanges {
  private readonly ranges: [number, number][];

  constructor(ranges: readonly (readonly [number, number])[] = []) {
    this.ranges = ranges.map(([first, last]) => [first, last]);
  }

  has(id: number): boolean {
    const range = this.ranges[this.after(id) - 1];
    return range !== undefined && id <= range[1];
  }

  add(id: number): void {
    if (this.has(id)) return;
    const at = this.after(id);
    const [left, right] = [this.ranges[at - 1], this.ranges[at]];
    const joinsLeft = left?.[1] === id - 1;
    const joinsRight = right?.[0] === id + 1;
    if (joinsLeft && joinsRight) {
      left[1] = right[1];
      this.ranges.splice(at, 1);
    } else if (joinsLeft) left[1] = id;
    else if (joinsRight) right[0] = id;
    else this.ranges.splice(at, 0, [id, id]);
  }

  get size(): number {
    return this.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  toJSON(): [number, number][] {
    return this.ranges.map(([first, last]) => [first, last]);
  }

  /** Index of the first range that starts after `id`, by bisection. */
  private after(id: number): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[middle][0] > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
