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
  const parts = terms.map((term) =>
    h(
      'span',
      { class: `mini ${term.weight < 0 ? 'negative' : ''}` },
      term.then && `${t('then')} `,
      term.weight < 0 && '− ',
      term.kind === 'text' ? term.value : [thumbnail(term)],
    ),
  );
  const rest = Object.entries(filters).map(([name, value]) =>
    h('span', { class: 'mini quiet' }, `${shownWords[name] ?? name}:${value}`),
  );
  return h(
    'button',
    {
      type: 'button',
      class: 'query-row',
      'aria-label': [...terms.map(termName), ...Object.values(filters)].join(', '),
      onclick: () => {
        change((state) => Object.assign(state, { terms, filters, open: null, view: 'search' }));
      },
    },
    parts,
    rest,
  );
}

export function queryLists() {
  const lists = [];
  for (const [name, label] of [
    ['saved', 'saved'],
    ['recent', 'recent'],
  ]) {
    const queries = recall(name, [])
      .filter((one) => typeof one === 'string')
      .slice(0, 8);
    if (queries.length > 0) {
      lists.push(
        h(
          'section',
          { class: 'queries', 'aria-label': t(label) },
          h('h2', { class: 'menu-title' }, t(label)),
          queries.map(queryRow),
        ),
      );
    }
  }
  return lists;
}
