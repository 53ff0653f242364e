// SPDX-License-Identifier: MIT
// The list of keys, and the settings: language and appearance.
import { h, iconButton } from './dom.js';
import { keep, recall } from './store.js';
import { language, languages, setLanguage, t } from './strings.js';

const keys = [
  [['/'], 'kSearch'],
  [['←', '→', '↑', '↓'], 'kArrows'],
  [['Enter'], 'kEnter'],
  [['Space'], 'kSpace'],
  [['J', 'K', 'L'], 'kJkl'],
  [[',', '.'], 'kFrame'],
  [['I', 'O'], 'kIo'],
  [['N', 'P'], 'kNp'],
  [['X'], 'kX'],
  [['S'], 'kS'],
  [['+', '-'], 'kChip'],
  [['?'], 'kHelp'],
];

export function applyTheme() {
  const theme = recall('theme', 'auto');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

export function openHelp() {
  if (document.querySelector('dialog.help')) return;
  const theme = h(
    'select',
    { onchange: () => (keep('theme', theme.value), applyTheme()) },
    ['auto', 'light', 'dark'].map((name) =>
      h('option', { value: name, selected: recall('theme', 'auto') === name }, t(name)),
    ),
  );
  const words = h(
    'select',
    { onchange: () => setLanguage(words.value) },
    Object.entries(languages).map(([name, own]) =>
      h('option', { value: name, lang: name, selected: name === language }, own),
    ),
  );
  const dialog = h(
    'dialog',
    { class: 'sheet help', tabindex: -1, 'aria-label': t('help') },
    h(
      'div',
      { class: 'sheet-head' },
      h('h2', {}, t('keys')),
      iconButton('close', t('close'), () => dialog.close(), { key: 'Esc' }),
    ),
    h(
      'div',
      { class: 'sheet-body' },
      h(
        'dl',
        { class: 'keys' },
        keys.map(([names, text]) =>
          h(
            'div',
            {},
            h(
              'dt',
              {},
              names.map((name) => h('kbd', {}, name)),
            ),
            h('dd', {}, t(text)),
          ),
        ),
      ),
      h('h2', {}, t('settings')),
      h(
        'div',
        { class: 'fields' },
        h('label', { class: 'field' }, h('span', {}, t('language')), words),
        h('label', { class: 'field' }, h('span', {}, t('theme')), theme),
      ),
    ),
  );
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.focus();
}
