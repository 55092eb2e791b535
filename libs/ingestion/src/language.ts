/** Characters that are inspected: enough to decide, and `tinyld` is slow. */
const LOOKED_AT = 400;
const GUESSED_FROM = 100;
/** The share of letters and spaces in prose. Code, tables and lists of links have less, and no reliable language. */
const PROSE = 0.8;
/** Below this accuracy, the best guess of the detector is not reliable. */
const LEAST_ACCURACY = 0.1;
/** English function words that are rare in related languages. */
const ENGLISH = new Set(
  `the and of is to that with for are this these what which how who why when where you your it its as from was were can could
  should would will there have has had been be by or but not if does their they he she his her we our my more than into about
  an at`.split(/\s+/),
);

/** Loaded on first use: its tables take 0.1 s. */
const tinyld = () => require('tinyld') as typeof import('tinyld');

/**
 * The language of a text as an ISO 639-1 code, or "und". East Asian languages are recognized by their script, English by its most common
 * words, other prose by `tinyld`, which takes a hundred times as long. Text that is not prose, such as code, is English or "und".
 */
export function detectLanguage(text: string): string {
  const sample = text.slice(0, LOOKED_AT);
  const { letters, blanks, han, kana, hangul } = countScripts(sample);
  if (letters < 2) return 'und';
  // A Chinese text may quote much English, and a large part of Japanese is written in Chinese characters.
  if (hangul > 0.25 * letters) return 'ko';
  if (kana > 0.1 * letters) return 'ja';
  if (han > 0.25 * letters) return 'zh';
  const prose = letters + blanks >= PROSE * sample.length;
  if (readsAsEnglish(sample, prose)) return 'en';
  if (!prose) return 'und';
  const [best] = tinyld().detectAll(sample.slice(0, GUESSED_FROM));
  return best && best.accuracy >= LEAST_ACCURACY ? best.lang : 'und';
}

/** Counts code units by script. All units above the signs of Latin-1 count as letters, because the shares need not be exact. */
function countScripts(text: string) {
  const counts = { letters: 0, blanks: 0, han: 0, kana: 0, hangul: 0 };
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0xc0) {
      if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) counts.letters++;
      else if (unit === 0x20 || unit === 0x0a) counts.blanks++;
      continue;
    }
    // General and CJK punctuation, full-width forms.
    if ((unit >= 0x2000 && unit <= 0x206f) || (unit >= 0x3000 && unit <= 0x303f) || unit >= 0xff00) continue;
    counts.letters++;
    if (unit >= 0x3400 && unit <= 0x9fff) counts.han++;
    else if (unit >= 0x3040 && unit <= 0x30ff) counts.kana++;
    else if (unit >= 0xac00 && unit <= 0xd7af) counts.hangul++;
  }
  return counts;
}

/** Whether the text has enough English function words. In code and links, the words of sentences are a small share. */
function readsAsEnglish(text: string, prose: boolean): boolean {
  const words = text.toLowerCase().match(/[a-z\u00c0-\u024f']+/g) ?? [];
  const found = words.filter((word) => ENGLISH.has(word));
  const share = found.length / words.length;
  return new Set(found).size >= (share > 0.2 ? 2 : 3) && share > (prose ? 0.12 : 0.04);
}
