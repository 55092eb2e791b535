import {
  automaticGradients,
  checkGradient,
  declareInputs,
  graphErrorOf,
  type InputSpec,
  runGraph,
} from '@open-chatgpt/testing';
import { mul } from './mul';
import { selectRows } from './select-rows';

const int64 = (...data: number[]): InputSpec => ({ shape: [data.length], data, dtype: 'int64' });

describe('selectRows', () => {
  // Rows 4 and 1 of five; 3 places are padding and repeat row 0.
  const padded = {
    x: { shape: [5, 2], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    rows: int64(4, 1, 0, 0, 0),
    inverse: int64(5, 1, 5, 5, 0),
  };

  it('gathers rows', () => {
    const { y } = runGraph((_, { x, rows, inverse }) => ({ y: selectRows(x, rows, inverse) }), padded);
    expect(y).toEqual([9, 10, 3, 4, 1, 2, 1, 2, 1, 2]);
  });

  it('has the gradient, zero for rows that were not selected', () => {
    const inputs = { x: { shape: [4, 3] }, rows: int64(2, 0), inverse: int64(1, 2, 0, 2) };
    checkGradient({
      name: 'selectRows',
      inputs,
      build: (_, { x, rows, inverse }) => selectRows(x, rows, inverse),
    });
    const { x } = automaticGradients({
      inputs,
      build: (_, values) => selectRows(values.x, values.rows, values.inverse),
    });
    expect(x.slice(3, 6)).toEqual([0, 0, 0]);
  });

  it('allows padding to repeat a row when its gradient is zero', () => {
    const weights = { shape: [5, 1], data: [1, -2, 0, 0, 0], requiresGrad: false };
    checkGradient({
      name: 'padded selectRows',
      inputs: { ...padded, weights },
      build: (_, { x, rows, inverse, weights }) => mul(selectRows(x, rows, inverse), weights),
    });
  });

  it.each<[string, Record<string, InputSpec>, RegExp]>([
    [
      'rank 3',
      { x: { shape: [5, 2, 1] } },
      /^selectRows: needs x \[N, D\], .* got float32 \[5, 2, 1\] and int64 \[5\]/,
    ],
    ['an inverse of another length', { inverse: int64(0, 1) }, /inverse \[N\], got .* and int64 \[2\]$/],
    [
      'rows of float',
      { rows: { shape: [5] } },
      /^selectRows: needs int64, got float32 \[5\] and int64 \[5\]/,
    ],
    [
      'integers to select from',
      { x: { shape: [5, 2], dtype: 'int64' } },
      /^selectRows: needs float32, got int64/,
    ],
  ])('refuses %s', (_, changed, message) => {
    const { values } = declareInputs({ ...padded, ...changed });
    expect(graphErrorOf(() => selectRows(values.x, values.rows, values.inverse))).toMatch(message);
  });
});
