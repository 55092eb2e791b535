/** Operators are their own type. */
export interface Token {
  type: string;
  /** The text of data, the name, the value of a string, the digits of a number. */
  value: string;
  line: number;
}

/** The names of tokens in error messages. */
export function describe({ type, value }: Token): string {
  switch (type) {
    case 'name':
      return value;
    case 'data':
      return 'text';
    case 'variable_end':
      return 'the end of the print statement';
    case 'block_end':
      return 'the end of the statement block';
    case 'eof':
      return 'the end of the template';
    default:
      return type;
  }
}
