/** The closed vocabulary of the quickstart's tasks. Words are short, for every character is a token. */
export type Language = 'en' | 'zh';

export const WORDS: Record<Language, readonly string[]> = {
  en: 'cat dog sun moon tree fish bird book milk rain star door'.split(' '),
  zh: '太阳 月亮 小猫 大狗 树木 金鱼 飞鸟 书本 牛奶 下雨 星星 房门'.split(' '),
};

/** Single characters for tasks on their order and case. */
export const LETTERS: Record<Language, readonly string[]> = {
  en: 'a b d e g h k m n r s t'.split(' '),
  zh: '日 月 山 水 火 木 金 土 人 口 手 心'.split(' '),
};

/** Openings of a question. They do not change its meaning, and give every fact many prompts. */
export const OPENERS: Record<Language, readonly string[]> = {
  en: ['', '', 'Please: ', 'Hi! ', 'Now: '],
  zh: ['', '', '请问，', '你好！', '现在：'],
};

/** Each pair holds in both directions. */
export const OPPOSITES: Record<Language, readonly (readonly [string, string])[]> = {
  en: pairs('hot cold,big small,fast slow,up down,good bad,old new,day night,left right'),
  zh: pairs('热 冷,大 小,快 慢,上 下,好 坏,旧 新,白天 黑夜,左 右'),
};

/** English and Chinese names of the same thing. */
export const TRANSLATIONS = pairs(
  'red 红色,blue 蓝色,green 绿色,white 白色,black 黑色,cat 猫,dog 狗,fish 鱼,water 水,fire 火',
);

export const WEEKDAYS: Record<Language, readonly string[]> = {
  en: 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' '),
  zh: '星期一 星期二 星期三 星期四 星期五 星期六 星期日'.split(' '),
};

/** Names of 0 to 9. */
export const NUMERALS: Record<Language, readonly string[]> = {
  en: 'zero one two three four five six seven eight nine'.split(' '),
  zh: '零 一 二 三 四 五 六 七 八 九'.split(' '),
};

function pairs(text: string): [string, string][] {
  return text.split(',').map((pair) => pair.split(' ') as [string, string]);
}
