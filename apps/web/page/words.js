// SPDX-License-Identifier: MIT
// Queries: from the words of the bar, as people see them, and those of before, recent ones and saved ones.
import { clock, h, icon, secondsOf, textButton } from './dom.js';
import { change, current, readAddress, writeQuery } from './state.js';
import { keep, recall } from './store.js';
import { t } from './strings.js';
import { loadPicture } from './frames.js';
import * as api from './api.js';

const filterWords = { __proto__: null, videos: 'videos', video: 'videos', after: 'after', from: 'after',
  before: 'before', to: 'before', min: 'min_score', within: 'within', group: 'group' };

const numberOf = (text) => (text === '' || !Number.isFinite(Number(text)) ? null : Number(text));
// How a filter is read, which gives null if it cannot be, and an example of one.
export const kinds = { videos: [(text) => text || null, 'talks/*'], after: [secondsOf, '1:30'],
  before: [secondsOf, '5:00'], min_score: [numberOf, '0.2'], within: [numberOf, '10'],
  group: [(text) => (text === 'video' ? text : null), 'video'] };

// A word, and what is left of it without one of its letters.
const almost = (word) => [word, ...Array.from(word, (_, at) => word.slice(0, at) + word.slice(at + 1))];
const isNear = (one, other) => almost(one).some((part) => almost(other).includes(part));

// Takes key:value words out of a text: the filters that they name, the rest of the text, and what is wrong.
export function takeFilters(text) {
  const filters = {}, wrong = [];
  const rest = text.replace(/(^|\s)(\w+):("[^"]*"|\S*)/g, (whole, space, key, given) => {
    const typed = key.toLowerCase();
    // Short ones are near too many words.
    const meant = filterWords[typed] ? typed
      : Object.keys(filterWords).find((one) => one.length > 4 && isNear(typed, one));
    if (!meant) return whole;
    const name = filterWords[meant], [read, example] = kinds[name];
    const value = meant === typed ? read(given.replace(/^"|"$/g, '')) : null;
    if (value === null) wrong.push(t('wrongFilter', whole.trim(), `${meant}:${example}`));
    else filters[name] = String(value);
    return space;
  });
  return { filters, rest: rest.trim(), wrong: wrong.join('\n') };
}

// "a dog >> a cat -night": parts of a sequence, and a term with minus.
export function takeTerms(text, terms) {
  text.split('>>').forEach((part, at) => {
    let words = part.trim();
    if (/^[-−]?$/.test(words)) return;
    const minus = /^[-−]\s*\S/.test(words);
    if (minus) words = words.replace(/^[-−]\s*/, '');
    terms.push({ kind: 'text', value: words, weight: minus ? -1 : 1, then: at > 0 && terms.length > 0 });
  });
}

// A filter as it is typed.
export const filterValue = (name, value) =>
  (name === 'after' || name === 'before' ? clock(Number(value)) : value);
export const filterText = (name, value) =>
  `${name === 'min_score' ? 'min' : name}:${filterValue(name, value)}`;

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

export function remember() {
  const query = writeQuery(current());
  keep('recent', [query, ...recall('recent', []).filter((one) => one !== query)].slice(0, 12));
}

export const isSaved = (query) => recall('saved', []).includes(query);

export function toggleSaved() {
  const query = writeQuery(current());
  const saved = recall('saved', []);
  keep('saved', isSaved(query) ? saved.filter((one) => one !== query) : [query, ...saved].slice(0, 100));
}

function queryRow(query) {
  const { terms, filters } = readAddress(query);
  const parts = terms.map((term) => {
    const shown = term.kind === 'text' ? term.value : thumbnail(term);
    const minus = term.weight < 0;
    const then = term.then && `${t('then')} `;
    return h('span', { class: minus ? 'mini negative' : 'mini' }, then, minus && '− ', shown);
  });
  const rest = Object.entries(filters).map((filter) => h('span.mini.quiet', filterText(...filter)));
  const label = [...terms.map(termName), ...Object.values(filters)].join(', ');
  const ask = () => change({ terms, filters, open: null, view: 'search' });
  return h('button.query-row', { aria: label, onclick: ask }, parts, rest);
}

function queryList(name) {
  const queries = recall(name, []).filter((one) => typeof one === 'string').slice(0, 8);
  if (queries.length === 0) return '';
  const list = h('section', { aria: t(name) }, h('h2.menu-title', t(name)), queries.map(queryRow),
    name === 'recent' && textButton(null, t('clear'), () => (keep(name, []), list.remove())));
  return list;
}

export const queryLists = () => [queryList('saved'), queryList('recent')];
