const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const DIRECTIVE = /%([-_0^]?)([a-zA-Z%])/g;
const COMPOSITE: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

/** `datetime.strftime(format)` in the C locale, with glibc's flags `-`, `_`, `0` and `^`. Local time. */
export function strftime(date: Date, format: string): string {
  return format.replace(DIRECTIVE, (all, flag: string, directive: string) => {
    if (Object.hasOwn(COMPOSITE, directive)) return strftime(date, COMPOSITE[directive]);
    const number = numberOf(date, directive);
    if (number) {
      const [value, width, fill] = number;
      if (flag === '-') return String(value);
      return String(value).padStart(width, flag === '_' ? ' ' : flag === '0' ? '0' : fill);
    }
    const text = textOf(date, directive) ?? all;
    return flag === '^' ? text.toUpperCase() : text;
  });
}

function numberOf(date: Date, directive: string): [value: number, width: number, fill: '0' | ' '] | null {
  const year = date.getFullYear();
  const day = dayOfYear(date);
  const hour12 = date.getHours() % 12 || 12;
  switch (directive) {
    case 'd':
      return [date.getDate(), 2, '0'];
    case 'e':
      return [date.getDate(), 2, ' '];
    case 'm':
      return [date.getMonth() + 1, 2, '0'];
    case 'y':
      return [year % 100, 2, '0'];
    case 'Y':
      return [year, 1, '0'];
    case 'C':
      return [Math.floor(year / 100), 2, '0'];
    case 'H':
      return [date.getHours(), 2, '0'];
    case 'k':
      return [date.getHours(), 2, ' '];
    case 'I':
      return [hour12, 2, '0'];
    case 'l':
      return [hour12, 2, ' '];
    case 'M':
      return [date.getMinutes(), 2, '0'];
    case 'S':
      return [date.getSeconds(), 2, '0'];
    case 'f':
      return [date.getMilliseconds() * 1000, 6, '0'];
    case 'j':
      return [day + 1, 3, '0'];
    case 'u':
      return [date.getDay() || 7, 1, '0'];
    case 'w':
      return [date.getDay(), 1, '0'];
    case 'U':
      return [Math.floor((day + 7 - date.getDay()) / 7), 2, '0'];
    case 'W':
      return [Math.floor((day + 7 - ((date.getDay() + 6) % 7)) / 7), 2, '0'];
    case 'G':
      return [isoWeek(date).year, 1, '0'];
    case 'V':
      return [isoWeek(date).week, 2, '0'];
    case 's':
      return [Math.floor(date.getTime() / 1000), 1, '0'];
    default:
      return null;
  }
}

function textOf(date: Date, directive: string): string | null {
  switch (directive) {
    case 'a':
      return DAYS[date.getDay()].slice(0, 3);
    case 'A':
      return DAYS[date.getDay()];
    case 'b':
    case 'h':
      return MONTHS[date.getMonth()].slice(0, 3);
    case 'B':
      return MONTHS[date.getMonth()];
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM';
    case 'P':
      return date.getHours() < 12 ? 'am' : 'pm';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'z':
    case 'Z':
      // transformers formats a date without a time zone.
      return '';
    case '%':
      return '%';
    default:
      return null;
  }
}

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000);
}

/** The week of ISO 8601: it belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(
    date.getFullYear(),
    date.getMonth(),
    date.getDate() + 3 - ((date.getDay() + 6) % 7),
  );
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}
