// SPDX-License-Identifier: MIT
// Terms of a query: from the words of the bar, and as people see them.
import { clock, h, secondsOf } from './dom.js';
import { t } from './strings.js';
import * as api from './api.js';
import { loadPicture } from './frames.js';

const filterWords = { __proto__: null, videos: 'videos', video: 'videos', after: 'after', from: 'after',
  before: 'before', to: 'before', min: 'min_score', within: 'within', group: 'group' };
export const shownWords = { min_score: 'min' };

// Takes key:value words out of a text and sets the filters that they name; the rest is returned.
export function takeFilters(text, filters) {
  return text
    .replace(/(^|\s)(\w+):("[^"]*"|\S+)/g, (whole, space, key, value) => {
      const name = filterWords[key.toLowerCase()];
      const plain = value.replace(/^"|"$/g, '');
      if (!name || plain === '') return whole;
      if (name === 'after' || name === 'before') {
        const seconds = secondsOf(plain);
        if (seconds === null) return whole;
        filters[name] = String(seconds);
      } else if ((name === 'min_score' || name === 'within') && !Number.isFinite(Number(plain))) {
        return whole;
      } else {
        filters[name] = plain;
        if (name === 'videos') delete filters.video;
      }
      return space;
    })
    .trim();
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
  const picture = h('img', { alt: '', class: 'chip-picture' });
  if (term.kind === 'picture') {
    picture.src = api.pictureAddress(term.value);
  } else {
    loadPicture(picture, ...term.value.split('@').map(Number));
  }
  return picture;
}
