/** Finds the end of a JSON object that arrives in pieces. */
export class ObjectEnd {
  private isString = false;
  private isEscaped = false;

  /** @param depth the number of objects that have begun */
  constructor(private depth = 0) {}

  /** @returns the length of the piece up to the brace that ends the object, or -1 where it goes on */
  find(piece: string): number {
    for (let i = 0; i < piece.length; i++) {
      const char = piece[i];
      if (this.isEscaped) this.isEscaped = false;
      else if (this.isString) {
        if (char === '\\') this.isEscaped = true;
        else if (char === '"') this.isString = false;
      } else if (char === '"') this.isString = true;
      else if (char === '{') this.depth++;
      else if (char === '}' && --this.depth === 0) return i + 1;
    }
    return -1;
  }
}
