// ICU with full data: languages far from English are spoken, sorted, counted and split.
import { check, need, same } from './evidence.mjs';

const WHEN = new Date(Date.UTC(2024, 1, 29, 12));
const LOCALES =
  'af am ar bg bn ca cs da de el es et fa fi fil fr gu he hi hr hu id is it ja kk km kn ko lo lt ' +
  'lv mk ml mn mr ms my nb ne nl pa pl pt ro ru si sk sl sq sr sv sw ta te th tr uk ur uz vi zh zu';

check(async () => {
  need(process.versions.icu, 'process.versions.icu is missing');
  const wanted = LOCALES.split(' ');
  const known = Intl.DateTimeFormat.supportedLocalesOf(wanted);
  const missing = wanted.filter((locale) => !known.includes(locale));
  same(missing.join(' '), '', 'locales without data');

  const month = (locale) =>
    new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' }).format(WHEN);
  const months = { th: 'กุมภาพันธ์', ar: 'فبراير', ja: '2月', ru: 'февраль', fr: 'février' };
  for (const [locale, name] of Object.entries(months)) same(month(locale), name, `month in ${locale}`);
  const year = new Intl.DateTimeFormat('th-u-ca-buddhist', { year: 'numeric', timeZone: 'UTC' });
  need(year.format(WHEN).includes('2567'), 'the Buddhist calendar is missing');
  const tokyo = new Intl.DateTimeFormat('en', { timeZone: 'Asia/Tokyo', hour: '2-digit', hour12: false });
  same(tokyo.format(WHEN), '21', 'noon UTC in Tokyo');

  const sorted = (locale) => ['z', 'ä', 'a'].sort(new Intl.Collator(locale).compare).join('');
  same(sorted('de'), 'aäz', 'German order');
  same(sorted('sv'), 'azä', 'Swedish order');
  same(new Intl.NumberFormat('de').format(1234567.89), '1.234.567,89', 'a German number');
  same(new Intl.NumberFormat('ar-EG').format(42), '٤٢', 'an Arabic number');
  same(new Intl.PluralRules('ar').select(2), 'two', 'the Arabic dual');
  same(new Intl.DisplayNames('fr', { type: 'region' }).of('DE'), 'Allemagne', 'Germany in French');
  same(new Intl.Locale('zh-TW').maximize().script, 'Hant', 'the script of zh-TW');
  same('Iı'.toLocaleLowerCase('tr'), 'ıı', 'Turkish lower case');
  const words = [...new Intl.Segmenter('ja', { granularity: 'word' }).segment('東京都に住む')];
  need(words.length > 1, 'Japanese is not split into words');
  same(new TextDecoder('shift_jis').decode(Uint8Array.of(0x93, 0xfa)), '日', 'Shift_JIS');
  need(/^\p{Script=Thai}+$/u.test('ไทย'), 'Unicode properties are missing');
  return {
    icu: process.versions.icu,
    unicode: process.versions.unicode,
    cldr: process.versions.cldr,
    locales: known.length,
    time_zone_data: process.versions.tz,
  };
});
