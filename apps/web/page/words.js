// SPDX-License-Identifier: MIT
// Terms of a query: from the words of the bar, and as people see them.
import { clock, h, icon, secondsOf } from './dom.js';
import { t } from './strings.js';
import * as api from './api.js';
import { loadPicture } from './frames.js';

const filterWords = { __proto__: null, videos: 'videos', video: 'videos', after: 'after', from: 'after',
  before: 'before', to: 'before', min: 'min_score', within: 'within', group: 'group' };
export const shownWords = { min_score: 'min' };

const numberOf = (text) => (text === '' || !Number.isFinite(Number(text)) ? null : Number(text));
// How a filter is read, which gives null if it cannot be, and an example of one.
export const kinds = { videos: [(text) => text || null, 'talks/*'], after: [secondsOf, '1:30'],
  before: [secondsOf, '5:00'], min_score: [numberOf, '0.2'], within: [numberOf, '10'],
  group: [(text) => (text === 'video' ? text : null), 'video'] };

// Takes key:value words out of a text: the filters that they name, the rest of the text, and what is wrong.
export function takeFilters(text) {
  const filters = {}, wrong = [];
  const rest = text.replace(/(^|\s)(\w+):("[^"]*"|\S*)/g, (whole, space, key, given) => {
    const name = filterWords[key.toLowerCase()];
    if (!name) return whole;
    const [read, example] = kinds[name];
    const value = read(given.replace(/^"|"$/g, ''));
    if (value === null) wrong.push(t('wrongFilter', whole.trim(), `${key}:${example}`));
    else filters[name] = String(value);
    return space;
  });
  return { filters, rest: rest.trim(), wrong: wrong.join('\n') };
}

// "a dog >> a cat -night": parts of a sequence, and a term with minus.
export function takeTerms(text, terms) {
  text.split('>>').forEach((part, at) => {
    let words = part.trim();
    if (words === '') return;
    const minus = /^[-−]\s*\S/.test(words);
    if (minus) words = words.replace(/^[-−]\s*/, '');
    terms.push({ kind: 'text', value: words, weight: minus ? -1 : 1, then: at > 0 && terms.length > 0 });
  });
}

export function termName(term) {
  if (term.kind === 'text') return t('textTerm', term.value);
  if (term.kind === 'picture') return t('pictureTerm');
  return t('frameTerm', clock(Number(term.value.split('@')[1])));
}

export function thumbnail(term) {
  const gone = () => picture.replaceWith(icon('picture'));
  const picture = h('img', { alt: '', class: 'chip-picture', onerror: gone });
  if (term.kind === 'picture') {
    picture.src = api.pictureAddress(term.value);
  } else {
    loadPicture(picture, ...term.value.split('@').map(Number));
  }
  return picture;
}
