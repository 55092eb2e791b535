/** The closed vocabulary of the quickstart's tasks. Words are short, for every character is a token. */
export type Language = 'en' | 'zh';

export const WORDS: Record<Language, readonly string[]> = {
  en: 'cat dog sun moon tree fish bird book lamp milk rain snow star wind hand ship road door king game'.split(
    ' ',
  ),
  zh: '太阳 月亮 小猫 小狗 大树 小鱼 小鸟 书本 灯光 牛奶 下雨 星星 大风 双手 大船 道路 房门 国王 游戏 花草'.split(
    ' ',
  ),
};

/** Each pair holds in both directions. */
export const OPPOSITES: Record<Language, readonly (readonly [string, string])[]> = {
  en: pairs(
    'hot cold,big small,fast slow,up down,good bad,old new,day night,happy sad,open shut,left right,wet dry,full empty',
  ),
  zh: pairs('热 冷,大 小,快 慢,上 下,好 坏,旧 新,白天 黑夜,开 关,左 右,干 湿,长 短,高 低'),
};

/** English and Chinese names of the same thing. */
export const TRANSLATIONS = pairs(
  'red 红色,blue 蓝色,green 绿色,white 白色,black 黑色,yellow 黄色,cat 猫,dog 狗,fish 鱼,bird 鸟,sun 太阳,moon 月亮,water 水,fire 火,tree 树,book 书',
);

export const WEEKDAYS: Record<Language, readonly string[]> = {
  en: 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' '),
  zh: '星期一 星期二 星期三 星期四 星期五 星期六 星期日'.split(' '),
};

/** Things by what they are. */
export const CATEGORIES: Record<Language, Record<string, readonly string[]>> = {
  en: {
    animal: 'cat dog fish bird cow pig horse tiger'.split(' '),
    fruit: 'pear plum lemon mango peach fig melon grape'.split(' '),
  },
  zh: {
    动物: '猫 狗 鱼 鸟 牛 猪 马 虎'.split(' '),
    水果: '梨 桃 瓜 柠檬 芒果 葡萄 苹果 香蕉'.split(' '),
  },
};

export const YES_NO: Record<Language, readonly [string, string]> = { en: ['yes', 'no'], zh: ['是', '不是'] };

function pairs(text: string): [string, string][] {
  return text.split(',').map((pair) => pair.split(' ') as [string, string]);
}
