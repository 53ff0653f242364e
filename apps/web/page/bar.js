// SPDX-License-Identifier: MIT
// The one bar: chips of the query, the field in which the next one is typed, pictures, filters.
import { clock, h, icon, iconButton, secondsOf, toast } from './dom.js';
import { isSaved, queryLists, remember, toggleSaved } from './queries.js';
import { change, current, writeQuery } from './state.js';
import { keep } from './store.js';
import { t } from './strings.js';
import { shownWords, takeFilters, takeTerms, termName, thumbnail } from './words.js';
import * as api from './api.js';

let input, chips, form, menu, chooser;

// ---- what was typed ----

async function submit() {
  const sequences = input.value.includes('>>') && (await api.knows('Term', 'part')) !== null;
  const text = input.value;
  input.value = '';
  closeMenu();
  change((state) => {
    state.view = 'search';
    state.open = null;
    takeTerms(takeFilters(text, state.filters), state.terms, sequences);
  });
  remember();
}

// ---- pictures ----

export async function addPicture(blob) {
  try {
    const { sha256 } = await api.upload(blob);
    change((state) => {
      state.view = 'search';
      state.open = null;
      state.terms.push({ kind: 'picture', value: sha256, weight: 1, then: false });
    });
    remember();
  } catch (error) {
    toast(
      error.status === 0
        ? t('unreachable')
        : error.status === 413
          ? t('bigPicture')
          : error.status === 422
            ? t('badPicture')
            : error.message,
    );
  }
}

// A stored frame as a term: more like it, or less.
export function addFrame(video, time, weight = 1) {
  const value = `${video}@${Math.round(time * 1000) / 1000}`;
  change((state) => {
    state.view = 'search';
    state.open = null;
    const known = state.terms.find((term) => term.kind === 'frame' && term.value === value);
    if (known) known.weight = weight;
    else state.terms.push({ kind: 'frame', value, weight, then: false });
  });
  remember();
  window.scrollTo({ top: 0 });
}

function watchPictures() {
  const imageOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith('image/'));
  document.addEventListener('paste', (event) => {
    const picture = imageOf(event.clipboardData);
    if (!picture) return;
    event.preventDefault();
    addPicture(picture);
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.add('drop');
  });
  document.addEventListener('dragleave', (event) => !event.relatedTarget && form.classList.remove('drop'));
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.remove('drop');
    const picture = imageOf(event.dataTransfer);
    if (picture) addPicture(picture);
    else toast(t('badPicture'));
  });
}

// ---- chips ----

function removeTerm(at) {
  change((state) => state.terms.splice(at, 1));
  input.focus();
}

function setWeight(at, weight) {
  change(
    (state) => {
      state.terms[at].weight = Math.round(weight * 100) / 100 || 1;
    },
    { replace: true },
  );
}

function chipOf(term, at) {
  const strength = Math.abs(term.weight);
  const name = `${term.weight < 0 ? '− ' : ''}${termName(term)}${strength === 1 ? '' : ` × ${strength}`}`;
  const body = h(
    'button',
    {
      type: 'button',
      class: 'chip-body',
      'aria-label': t('edit', name),
      title: name,
      'aria-haspopup': 'dialog',
      onclick: (event) => openTermMenu(at, event.currentTarget),
      onkeydown: (event) => {
        if (event.key === 'Delete' || event.key === 'Backspace') removeTerm(at);
        else if (event.key === '+') setWeight(at, term.weight + Math.sign(term.weight) * 0.25);
        else if (event.key === '-' && strength > 0.25)
          setWeight(at, term.weight - Math.sign(term.weight) * 0.25);
        else if (event.key === 'ArrowLeft')
          event.currentTarget.parentElement.previousElementSibling?.querySelector('.chip-body')?.focus();
        else if (event.key === 'ArrowRight')
          (
            event.currentTarget.parentElement.nextElementSibling?.querySelector('.chip-body') ?? input
          ).focus();
        else return;
        event.preventDefault();
      },
    },
    term.weight < 0 && icon('minus'),
    term.kind === 'text' ? h('span', { class: 'chip-text' }, term.value) : thumbnail(term),
    strength !== 1 && h('span', { class: 'chip-weight' }, `×${strength}`),
  );
  return h(
    'span',
    { class: `chip ${term.weight < 0 ? 'negative' : ''} ${term.kind}` },
    body,
    iconButton('close', t('remove', name), () => removeTerm(at), { class: 'chip-close', tabindex: -1 }),
  );
}

function filterChip(name, value) {
  const shown = name === 'after' || name === 'before' ? clock(Number(value)) : value;
  const text = name === 'video' ? t('onlyVideo') : `${shownWords[name] ?? name}:${shown}`;
  return h(
    'span',
    { class: 'chip filter' },
    h(
      'button',
      {
        type: 'button',
        class: 'chip-body',
        'aria-label': t('edit', text),
        onclick: openFilters,
      },
      icon('filter'),
      h('span', { class: 'chip-text' }, text),
    ),
    iconButton('close', t('remove', text), () => change((state) => delete state.filters[name]), {
      class: 'chip-close',
      tabindex: -1,
    }),
  );
}

// ---- menus under the bar ----

function closeMenu() {
  if (!menu || menu.hidden) return;
  menu.hidden = true;
  menu.replaceChildren();
}

function showMenu(label, ...content) {
  menu.setAttribute('aria-label', label);
  menu.replaceChildren(...content);
  menu.hidden = false;
}

function openTermMenu(at) {
  const term = current().terms[at];
  const strength = h('output', { class: 'quiet' }, `×${Math.abs(term.weight)}`);
  const slider = h('input', {
    type: 'range',
    min: 0.25,
    max: 3,
    step: 0.25,
    value: Math.abs(term.weight),
    'aria-label': t('weight'),
    oninput: (event) => (strength.textContent = `×${event.target.value}`),
    onchange: (event) =>
      setWeight(at, Number(event.target.value) * Math.sign(current().terms[at]?.weight ?? 1)),
  });
  const minus = h('input', {
    type: 'checkbox',
    checked: term.weight < 0,
    onchange: () => setWeight(at, -(current().terms[at]?.weight ?? 1)),
  });
  const then = h('input', {
    type: 'checkbox',
    checked: term.then,
    onchange: (event) => change((state) => (state.terms[at].then = event.target.checked)),
  });
  const words =
    term.kind === 'text' &&
    h(
      'label',
      { class: 'field' },
      h('span', {}, t('words')),
      h('input', {
        value: term.value,
        onkeydown: (event) => event.key === 'Enter' && (event.preventDefault(), event.target.blur()),
        onchange: (event) =>
          event.target.value.trim() && change((state) => (state.terms[at].value = event.target.value.trim())),
      }),
    );
  const thenRow = h('label', { class: 'check', hidden: true }, then, h('span', {}, t('thenLabel')));
  showMenu(
    t('edit', termName(term)),
    words,
    h('label', { class: 'field' }, h('span', {}, t('weight'), ' ', strength), slider),
    h('label', { class: 'check' }, minus, h('span', {}, t('less'))),
    thenRow,
  );
  if (at > 0) api.knows('Term', 'part').then((known) => (thenRow.hidden = !known));
  menu.querySelector('input').focus();
}

export function openFilters() {
  const { filters } = current();
  const field = (name, label, members, read = (text) => text) =>
    h(
      'label',
      { class: 'field' },
      h('span', {}, label),
      h('input', {
        ...members,
        onchange: (event) => {
          const value = event.target.value.trim() === '' ? '' : read(event.target.value);
          event.target.setAttribute('aria-invalid', value === null ? 'true' : 'false');
          if (value === null) return;
          change((state) => {
            if (value === '') delete state.filters[name];
            else state.filters[name] = String(value);
            if (name === 'videos') delete state.filters.video;
          });
        },
      }),
    );
  const time = (name) => ({
    value: filters[name] ? clock(Number(filters[name])) : '',
    placeholder: t('fTimeHint'),
    inputmode: 'numeric',
  });
  const number = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);
  const fusion = h(
    'select',
    { onchange: (event) => change((state) => (state.filters.fusion = event.target.value)) },
    [
      ['', 'fFusionMean'],
      ['zscore', 'fFusionZ'],
      ['rrf', 'fFusionRrf'],
    ].map(([value, label]) => h('option', { value, selected: (filters.fusion ?? '') === value }, t(label))),
  );
  const within = field('within', t('fWithin'), { value: filters.within ?? '', inputmode: 'numeric' }, number);
  within.hidden = true;
  showMenu(
    t('filters'),
    h(
      'div',
      { class: 'fields' },
      field('videos', t('fVideos'), { value: filters.videos ?? '', placeholder: t('fVideosHint') }),
      field('after', t('fAfter'), time('after'), secondsOf),
      field('before', t('fBefore'), time('before'), secondsOf),
      field(
        'min_score',
        t('fScore'),
        { value: filters.min_score ?? '', placeholder: '0.2', inputmode: 'decimal' },
        number,
      ),
      h('label', { class: 'field' }, h('span', {}, t('fFusion')), fusion),
      within,
    ),
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: filters.group === 'video',
        onchange: (event) =>
          change((state) =>
            event.target.checked ? (state.filters.group = 'video') : delete state.filters.group,
          ),
      }),
      h('span', {}, t('fGroup')),
    ),
    h('p', { class: 'hint' }, t('fTokens')),
  );
  api
    .knows('Query', 'within')
    .then((known) => (within.hidden = !known || !current().terms.some((term) => term.then)));
  menu.querySelector('input').focus();
}

// ---- the queries of before ----

function offerQueries() {
  if (input.value !== '' || current().terms.length > 0 || document.querySelector('.home')) return;
  const lists = queryLists();
  if (lists.length === 0) return;
  for (const list of lists) list.addEventListener('click', closeMenu);
  showMenu(
    t('recent'),
    ...lists,
    h(
      'button',
      {
        type: 'button',
        class: 'plain',
        onclick: () => {
          keep('recent', []);
          closeMenu();
        },
      },
      t('forget'),
    ),
  );
}

// ---- the bar itself ----

export function focusBar() {
  input.focus();
  input.select();
}

export function drawBar(state) {
  const list = [];
  state.terms.forEach((term, at) => {
    if (term.then) list.push(h('span', { class: 'then' }, t('then')));
    list.push(chipOf(term, at));
  });
  for (const [name, value] of Object.entries(state.filters)) {
    if (value && name !== 'group' && name !== 'fusion') list.push(filterChip(name, value));
  }
  const focused = chips.contains(document.activeElement)
    ? [...chips.querySelectorAll('.chip-body')].indexOf(document.activeElement)
    : -1;
  chips.replaceChildren(...list);
  if (focused >= 0) chips.querySelectorAll('.chip-body')[focused]?.focus();
  input.placeholder = state.terms.length > 0 ? t('more') : t('ask');
  form.classList.toggle('filled', list.length > 0);
  const saved = isSaved(writeQuery(state));
  const star = form.querySelector('.star');
  star.hidden = state.terms.length === 0;
  star.classList.toggle('on', saved);
  star.setAttribute('aria-pressed', saved);
  star.setAttribute('aria-label', t(saved ? 'unsaveQuery' : 'saveQuery'));
  star.title = t(saved ? 'unsaveQuery' : 'saveQuery');
  form.querySelector('.clear').hidden = list.length === 0;
}

export function makeBar() {
  chips = h('div', { class: 'chips' });
  input = h('input', {
    class: 'words',
    type: 'text',
    'aria-label': t('query'),
    enterkeyhint: 'search',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    onfocus: offerQueries,
    oninput: closeMenu,
    onkeydown: (event) => {
      const { terms } = current();
      const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
      if (event.key === 'Backspace' && input.value === '' && terms.length > 0) removeTerm(terms.length - 1);
      else if (event.key === 'ArrowLeft' && atStart) [...chips.querySelectorAll('.chip-body')].pop()?.focus();
      else if (event.key === 'ArrowDown' && !menu.hidden) {
        event.preventDefault();
        menu.querySelector('button, input')?.focus();
      }
    },
  });
  chooser = h('input', {
    type: 'file',
    accept: 'image/*',
    hidden: true,
    onchange: () => chooser.files[0] && addPicture(chooser.files[0]).then(() => (chooser.value = '')),
  });
  menu = h('div', {
    class: 'menu',
    role: 'dialog',
    hidden: true,
    onkeydown: (event) => {
      const rows = [...menu.querySelectorAll('.query-row')];
      const at = rows.indexOf(document.activeElement);
      if (at >= 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
        event.preventDefault();
        (
          rows[at + (event.key === 'ArrowDown' ? 1 : -1)] ?? (event.key === 'ArrowUp' ? input : rows[at])
        ).focus();
      }
    },
  });
  form = h(
    'form',
    {
      class: 'bar',
      role: 'search',
      'aria-label': t('search'),
      onsubmit: (event) => {
        event.preventDefault();
        submit();
      },
      onclick: (event) => (event.target === form || event.target === chips) && input.focus(),
    },
    icon('search'),
    chips,
    input,
    h(
      'span',
      { class: 'bar-buttons' },
      iconButton(
        'close',
        t('clear'),
        () => {
          change((state) => Object.assign(state, { terms: [], filters: {}, open: null }));
          input.focus();
        },
        { class: 'round clear', hidden: true },
      ),
      iconButton('star', t('saveQuery'), () => (toggleSaved(), drawBar(current())), {
        class: 'round star',
        hidden: true,
      }),
      iconButton('picture', t('addPicture'), () => chooser.click()),
      iconButton('filter', t('filters'), () => (menu.hidden ? openFilters() : closeMenu())),
    ),
    h('span', { class: 'drop-text' }, t('dropHere')),
    chooser,
  );
  const whole = h('div', { class: 'bar-place' }, form, menu);
  whole.addEventListener(
    'focusout',
    (event) => event.relatedTarget && !whole.contains(event.relatedTarget) && closeMenu(),
  );
  document.addEventListener('pointerdown', (event) => !whole.contains(event.target) && closeMenu());
  whole.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || menu.hidden) return;
    event.stopPropagation();
    closeMenu();
    input.focus();
  });
  watchPictures();
  return whole;
}
