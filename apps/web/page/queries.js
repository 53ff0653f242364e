// SPDX-License-Identifier: MIT
// Queries of before: the recent ones, and those that a person has saved.
import { h } from './dom.js';
import { change, current, readAddress, writeQuery } from './state.js';
import { keep, recall } from './store.js';
import { t } from './strings.js';
import { shownWords, termName, thumbnail } from './words.js';

export function remember() {
  const query = writeQuery(current());
  if (query === '') return;
  keep('recent', [query, ...recall('recent', []).filter((one) => one !== query)].slice(0, 12));
}

export const isSaved = (query) => recall('saved', []).includes(query);

export function toggleSaved() {
  const query = writeQuery(current());
  if (query === '') return;
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
  const rest = Object.entries(filters).map(([name, value]) =>
    h('span.mini.quiet', `${shownWords[name] ?? name}:${value}`),
  );
  const label = [...terms.map(termName), ...Object.values(filters)].join(', ');
  const ask = () => change({ terms, filters, open: null, view: 'search' });
  return h('button.query-row', { aria: label, onclick: ask }, parts, rest);
}

export function queryLists() {
  return ['saved', 'recent']
    .map((name) => [name, recall(name, []).filter((one) => typeof one === 'string').slice(0, 8)])
    .filter(([, queries]) => queries.length > 0)
    .map(([name, queries]) =>
      h('section', { aria: t(name) }, h('h2.menu-title', t(name)), queries.map(queryRow)),
    );
}
