/**
 * The first key that occurs twice in an object of a valid JSON text, or null. JSON.parse silently keeps the last value,
 * which would hide a tensor.
 */
export function duplicateKey(json: string): string | null {
  const open: (Set<string> | null)[] = []; // one set of keys for each open object, null for an array
  let keyExpected = false;
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '{':
        open.push(new Set());
        keyExpected = true;
        break;
      case '[':
        open.push(null);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        keyExpected = open[open.length - 1] != null;
        break;
      case '"': {
        const end = closingQuote(json, i);
        const keys = open[open.length - 1];
        if (keyExpected && keys) {
          const key: string = JSON.parse(json.slice(i, end + 1));
          if (keys.has(key)) return key;
          keys.add(key);
        }
        keyExpected = false;
        i = end;
      }
    }
  }
  return null;
}

function closingQuote(json: string, open: number): number {
  let i = open + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i;
}
