// SPDX-License-Identifier: MIT
// The one bar: chips of the query, the field in which the next one is typed, pictures, filters.
import { check, choice, field, h, icon, iconButton, onKeys, toast } from './dom.js';
import { change, current, round, writeQuery } from './state.js';
import { t } from './strings.js';
import { filterText, filterValue, isSaved, kinds, remember, takeFilters, takeTerms, termName,
  thumbnail, toggleSaved } from './words.js';
import * as api from './api.js';

let input, chips, form, menu, chooser, star, clear;

function submit() {
  const { filters, rest, wrong } = takeFilters(input.value);
  input.ariaInvalid = wrong !== '';
  if (wrong) return toast(wrong);
  input.value = '';
  closeMenu();
  change((state) => {
    Object.assign(state, { view: 'search', open: null });
    if (filters.videos) delete state.filters.video;
    Object.assign(state.filters, filters);
    takeTerms(rest, state.terms);
  });
  if (current().terms.length > 0) remember();
  else if (rest !== '' || Object.keys(filters).length > 0) toast(t('sayWhat'));
}

function addTerm(kind, value, weight) {
  change((state) => {
    Object.assign(state, { view: 'search', open: null });
    const known = state.terms.find((term) => term.kind === kind && term.value === value);
    if (known) known.weight = weight;
    else state.terms.push({ kind, value, weight, then: false });
  });
  remember();
  scrollTo({ top: 0 });
}

async function addPictures(files) {
  const errors = new Set(files.length > 0 ? [] : [t('badPicture')]);
  const add = ({ sha256 }) => addTerm('picture', sha256, 1);
  for (const file of files) await api.upload(file).then(add, ({ message }) => errors.add(message));
  if (errors.size > 0) toast([...errors].join('\n'));
}

// A stored frame as a term: more like it, or less.
export const addFrame = (video, time, weight = 1) =>
  addTerm('frame', `${video}@${round(time)}`, weight);

function watchPictures() {
  // Not every system has a type for every picture.
  const picturesOf = (transfer) =>
    [...(transfer?.files ?? [])].filter(({ type }) => type === '' || type.startsWith('image/'));
  document.addEventListener('paste', (event) => {
    const pictures = picturesOf(event.clipboardData);
    if (pictures.length === 0) return;
    event.preventDefault();
    addPictures(pictures);
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
    addPictures(picturesOf(event.dataTransfer));
  });
}

function removeTerm(at) {
  change((state) => state.terms.splice(at, 1));
  input.focus();
}

// by: more, or less; minus: turn it around.
function setWeight(at, by, minus = 1) {
  const { weight } = current().terms[at];
  const next = minus * Math.sign(weight) * Math.max(0.25, round(Math.abs(weight) + by));
  change(({ terms }) => (terms[at].weight = next), { replace: true });
}

const stops = () => [...chips.querySelectorAll('.chip-body'), input];
const goBeside = (by) => stops()[stops().indexOf(document.activeElement) + by]?.focus();

const chipWith = (kind, body, name, remove) => h('span', { class: `chip ${kind}` }, body,
  iconButton('close', remove, { label: t('remove', name), class: 'round chip-close', tabindex: -1 }));

function chipOf(term, at) {
  const strength = Math.abs(term.weight);
  const name = `${term.weight < 0 ? '− ' : ''}${termName(term)}${strength === 1 ? '' : ` × ${strength}`}`;
  const body = h('button.chip-body', {
      aria: t('edit', name), title: name, 'aria-haspopup': 'dialog',
      onclick: () => openTermMenu(at),
      onkeydown: onKeys({ Delete: () => removeTerm(at), Backspace: () => removeTerm(at),
        '+': () => setWeight(at, 0.25), '-': () => setWeight(at, -0.25),
        ArrowLeft: () => goBeside(-1), ArrowRight: () => goBeside(1) }),
    },
    term.weight < 0 && icon('minus'),
    term.kind === 'text' ? h('span.chip-text', term.value) : thumbnail(term),
    strength !== 1 && h('span.chip-weight', `×${strength}`));
  return chipWith(`${term.weight < 0 ? 'negative' : ''} ${term.kind}`, body, name, () => removeTerm(at));
}

function filterChip(name, value) {
  const text = name === 'video' ? t('onlyVideo') : filterText(name, value);
  const body = h('button.chip-body', { aria: t('edit', text), onclick: openFilters }, icon('filter'),
    h('span.chip-text', text));
  return chipWith('filter', body, text, () => change((state) => delete state.filters[name]));
}

function closeMenu() {
  if (!menu || menu.hidden) return;
  menu.hidden = true;
  menu.replaceChildren();
}

function showMenu(label, ...content) {
  menu.ariaLabel = label;
  menu.replaceChildren(...content.filter(Boolean));
  menu.hidden = false;
}

function openTermMenu(at) {
  const term = current().terms[at];
  const strength = h('output.quiet', `×${Math.abs(term.weight)}`);
  const slider = h('input', {
    type: 'range', min: 0.25, max: 3, step: 0.25, value: Math.abs(term.weight), aria: t('weight'),
    oninput: ({ target }) => (strength.textContent = `×${target.value}`),
    onchange: ({ target }) => setWeight(at, target.value - Math.abs(current().terms[at].weight)),
  });
  const words = term.kind === 'text' && field(t('words'),
    h('input', { value: term.value, onkeydown: onKeys({ Enter: ({ target }) => target.blur() }),
      onchange: ({ target }) =>
        target.value.trim() && change((state) => (state.terms[at].value = target.value.trim())) }));
  showMenu(t('edit', termName(term)), words, h('label.field', h('span', t('weight'), ' ', strength), slider),
    check(t('minus'), { checked: term.weight < 0, onchange: () => setWeight(at, 0, -1) }),
    at > 0 && check(t('thenLabel'), { checked: term.then,
      onchange: ({ target }) => change((state) => (state.terms[at].then = target.checked)) }));
  menu.querySelector('input').focus();
}

export const toggleGroup = ({ target }) =>
  change(({ filters }) => (target.checked ? (filters.group = 'video') : delete filters.group));

function openFilters() {
  const { filters } = current();
  const filter = (name, label) => {
    const [read, placeholder] = kinds[name];
    const onchange = ({ target }) => {
      const value = target.value.trim() && read(target.value.trim());
      target.ariaInvalid = value === null;
      if (value === null) return;
      change((state) => {
        state.filters[name] = String(value);
        if (name === 'videos') delete state.filters.video;
      });
    };
    return field(label,
      h('input', { value: filters[name] && filterValue(name, filters[name]), placeholder, onchange,
        inputmode: name === 'videos' ? null : 'decimal' }));
  };
  const fuse = ({ target }) => change((state) => (state.filters.fusion = target.value));
  const fusion = choice([['', t('fFusionMean')], ['zscore', t('zscore')], ['rrf', t('rrf')]],
    filters.fusion ?? '', { onchange: fuse });
  showMenu(t('filter'),
    h('.fields', filter('videos', t('fVideos')), filter('after', t('fAfter')),
      filter('before', t('fBefore')), filter('min_score', t('fScore')),
      field(t('fFusion'), fusion),
      current().terms.some((term) => term.then) && filter('within', t('fWithin'))),
    h('p.hint', t('fTokens', 'videos:talks/* after:1:30 before:5:00 min:0.2')));
  menu.querySelector('input').focus();
}

export function focusBar() {
  input.focus();
  input.select();
}

export function drawBar(state) {
  const list = [];
  state.terms.forEach((term, at) => {
    if (term.then) list.push(h('span.then', t('then')));
    list.push(chipOf(term, at));
  });
  for (const [name, value] of Object.entries(state.filters)) {
    if (value && name !== 'group' && name !== 'fusion') list.push(filterChip(name, value));
  }
  const focused = chips.contains(document.activeElement) ? stops().indexOf(document.activeElement) : -1;
  chips.replaceChildren(...list);
  stops()[focused]?.focus();
  input.placeholder = t(state.terms.length > 0 ? 'more' : list.length > 0 ? 'sayWhat' : 'ask');
  const saved = isSaved(writeQuery(state));
  star.hidden = state.terms.length === 0;
  star.classList.toggle('on', saved);
  star.ariaPressed = saved;
  clear.hidden = list.length === 0;
}

export function makeBar() {
  chips = h('.chips');
  input = h('input.words', {
    type: 'text', aria: t('search'), enterkeyhint: 'search', autocomplete: 'off',
    autocapitalize: 'off', spellcheck: 'false',
    oninput: () => (closeMenu(), (input.ariaInvalid = null)),
    onkeydown: (event) => {
      const { terms } = current();
      const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
      if (event.key === 'Backspace' && input.value === '' && terms.length > 0) removeTerm(terms.length - 1);
      else if (event.key === 'ArrowLeft' && atStart) goBeside(-1);
    },
  });
  chooser = h('input', { type: 'file', accept: 'image/*', multiple: true, hidden: true,
    onchange: () => addPictures([...chooser.files]).then(() => (chooser.value = '')) });
  menu = h('.menu', { role: 'dialog', hidden: true });
  clear = iconButton('close', () => (change({ terms: [], filters: {}, open: null }), input.focus()),
    { label: t('clear'), hidden: true });
  star = iconButton('star', () => (toggleSaved(), drawBar(current())), { class: 'round star', hidden: true });
  form = h('form.bar', {
      role: 'search', aria: t('search'),
      onsubmit: (event) => (event.preventDefault(), submit()),
      onclick: ({ target }) => [form, chips].includes(target) && input.focus(),
    },
    icon('search'), chips, input,
    h('span.bar-buttons', clear, star,
      iconButton('picture', () => chooser.click()),
      iconButton('filter', () => (menu.hidden ? openFilters() : closeMenu()))),
    h('span.drop-text', t('dropHere')), chooser);
  const leave = (target) => target && !whole.contains(target) && closeMenu();
  const onkeydown = (event) => {
    if (event.key !== 'Escape' || menu.hidden) return;
    event.stopPropagation();
    closeMenu();
    input.focus();
  };
  const whole = h('.bar-place', { onkeydown, onfocusout: (event) => leave(event.relatedTarget) }, form, menu);
  document.addEventListener('pointerdown', ({ target }) => leave(target));
  watchPictures();
  return whole;
}
