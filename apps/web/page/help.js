// SPDX-License-Identifier: MIT
// The list of keys, and the settings: language and appearance.
import { choice, field, h, openSheet } from './dom.js';
import { keep, recall } from './store.js';
import { language, languages, setLanguage, t } from './strings.js';

const keys = [['/', 'search'],
  ['← → ↑ ↓', 'results'], ['Enter', 'player'], ['Space', 'play', 'pause'],
  ['J K L', 'kJkl'], [', .', 'frameBack', 'frameNext'], ['I O', 'markIn', 'markOut'], ['N P', 'next', 'back'],
  ['X', 'addBin'], ['S', 'similar'], ['+ -', 'plus', 'minus'], ['?', 'help']];

export function applyTheme() {
  document.documentElement.style.colorScheme = `${recall('theme', '')}`.replace('auto', '');
}

export function openHelp() {
  if (document.querySelector('dialog.help')) return;
  const row = ([names, ...texts]) => h('div', h('dt', names.split(' ').map((name) => h('kbd', name))),
      h('dd', texts.map((text) => t(text)).join(' · ')));
  const languageField = choice(Object.entries(languages), language,
    { onchange: ({ target }) => setLanguage(target.value) });
  const themeField = choice(['auto', 'light', 'dark'].map((name) => [name, t(name)]), recall('theme', 'auto'),
    { onchange: ({ target }) => (keep('theme', target.value), applyTheme()) });
  openSheet('help', t('help'), [h('dl.keys', keys.map(row)), h('h2', t('settings')),
    h('.fields', field(t('language'), languageField), field(t('theme'), themeField))]);
}
