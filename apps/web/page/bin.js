// SPDX-License-Identifier: MIT
// The bin: moments that a person collects: {video, name, title, from, to, time, score}; title is the video's
// name.
import { clock, h, icon, iconButton, toast } from './dom.js';
import { count, t } from './strings.js';
import { keep, recall } from './store.js';
import { change } from './state.js';
import * as api from './api.js';

let moments = recall('bin', []).filter((one) => Number.isInteger(one?.video) && one.to >= one.from);
const listeners = [];
let dialog = null;

export const onBin = (listener) => listeners.push(listener);
export const binSize = () => moments.length;

function store(next) {
  moments = next;
  keep('bin', moments);
  for (const listener of listeners) listener();
  if (dialog) fill();
}

const same = (one, other) =>
  one.video === other.video && Math.abs(one.from - other.from) < 1e-3 && Math.abs(one.to - other.to) < 1e-3;
export const isInBin = (moment) => moments.some((one) => same(one, moment));

export function toggleInBin(moment) {
  const there = isInBin(moment);
  store(there ? moments.filter((one) => !same(one, moment)) : [...moments, { name: '', ...moment }]);
  toast(t(there ? 'removed' : 'added'));
}

// "3@12-15~name,..." of a link; names are encoded twice, since a comma ends a moment.
export function takeShared(text) {
  const found = [];
  for (const part of text.split(',').slice(0, 1000)) {
    const match = /^(\d+)@([\d.]+)-([\d.]+)(?:~(.*))?$/.exec(part);
    if (!match) continue;
    const [video, from, to] = match.slice(1, 4).map(Number);
    let name = '';
    try {
      name = decodeURIComponent(match[4] ?? '');
    } catch {
      continue;
    }
    if (to >= from) found.push({ video, from, to, time: (from + to) / 2, score: null, title: '', name });
  }
  const fresh = found.filter((one) => !isInBin(one));
  store([...moments, ...fresh]);
  for (const one of fresh) {
    api
      .video(one.video)
      .then((video) => {
        one.title = video.name;
        store(moments);
      })
      .catch(() => {});
  }
  return found.length > 0;
}

function sharedLink() {
  const second = (value) => String(Math.round(value * 1000) / 1000);
  const parts = moments.map(
    (one) =>
      `${one.video}@${second(one.from)}-${second(one.to)}` +
      (one.name ? `~${encodeURIComponent(one.name)}` : ''),
  );
  return `${location.origin}${location.pathname}#${new URLSearchParams({ bin: parts.join(',') })}`;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure context there is no clipboard: an old way, inside the open dialog, so that it can have
    // the focus.
    const area = h('textarea', { class: 'offscreen', value: text });
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(t('copied'));
}

// A field of CSV; a beginning that a spreadsheet would compute is made harmless.
function field(value) {
  let text = String(value ?? '');
  if (typeof value !== 'number' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const rows = [
    ['video', 'name', 'start', 'end', 'time', 'score'],
    ...moments.map((one) => [one.title, one.name, one.from, one.to, one.time, one.score]),
  ];
  return new Blob([rows.map((row) => row.map(field).join(',')).join('\r\n') + '\r\n'], { type: 'text/csv' });
}

function saveBlob(blob, name) {
  const link = h('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function exportAs(format) {
  if (format === '') {
    saveBlob(csv(), 'moments.csv');
    return;
  }
  try {
    const list = moments.map((one) => ({
      video: one.video,
      start: one.from,
      end: one.to,
      ...(one.name && { name: one.name }),
    }));
    const { blob, name } = await api.exportMoments(format, list);
    saveBlob(blob, name);
  } catch (error) {
    toast(error.message || t('unreachable'));
  }
}

function move(at, by) {
  const next = [...moments];
  next.splice(at + by, 0, ...next.splice(at, 1));
  store(next);
  dialog
    ?.querySelectorAll('.bin-row')
    [at + by]?.querySelector(by < 0 ? '.up' : '.down')
    ?.focus();
}

function row(moment, at) {
  const picture = h('img', { alt: '', loading: 'lazy' });
  api
    .framesOf(moment.video, Math.max(0, moment.time - 2), moment.time + 2)
    .then((frames) => {
      const found = api.pictureAt(frames, moment.time);
      if (found) picture.src = found.address;
    })
    .catch(() => {});
  const name = h('input', {
    class: 'bin-name',
    value: moment.name,
    placeholder: moment.title || String(moment.video),
    'aria-label': t('binName'),
    maxlength: 200,
    onchange: (event) => {
      moment.name = event.target.value.trim();
      keep('bin', moments);
    },
  });
  const span = `${clock(moment.from, true)} – ${clock(moment.to, true)}`;
  const open = h(
    'button',
    {
      type: 'button',
      class: 'bin-picture',
      'aria-label': `${moment.name || moment.title} ${span}`,
      onclick: () => {
        closeBin();
        change((state) => {
          state.open = { video: moment.video, time: moment.from, in: moment.from, out: moment.to };
        });
      },
    },
    picture,
  );
  return h(
    'li',
    { class: 'bin-row' },
    open,
    h('div', { class: 'bin-text' }, name, h('span', { class: 'quiet' }, span)),
    h(
      'div',
      { class: 'bin-actions' },
      iconButton('up', t('moveUp'), () => move(at, -1), { class: 'round small up', disabled: at === 0 }),
      iconButton('down', t('moveDown'), () => move(at, 1), {
        class: 'round small down',
        disabled: at === moments.length - 1,
      }),
      iconButton(
        'close',
        t('remove', moment.name || moment.title),
        () => store(moments.filter((one) => one !== moment)),
        { class: 'round small' },
      ),
    ),
  );
}

async function fill() {
  const body = dialog.querySelector('.sheet-body');
  if (moments.length === 0) {
    body.replaceChildren(h('p', { class: 'hint' }, t('binEmpty')));
    return;
  }
  const seconds = moments.reduce((sum, one) => sum + one.to - one.from, 0);
  const format = h('select', { 'aria-label': t('exportAs') }, h('option', { value: '' }, 'CSV'));
  body.replaceChildren(
    h('p', { class: 'quiet' }, t('total', count(moments.length), clock(seconds, true))),
    h('ol', { class: 'bin-list' }, moments.map(row)),
    h(
      'div',
      { class: 'bin-foot' },
      h('label', { class: 'inline' }, h('span', {}, t('exportAs')), format),
      h(
        'button',
        { type: 'button', class: 'primary', onclick: () => exportAs(format.value) },
        icon('save'),
        t('export'),
      ),
      h(
        'button',
        { type: 'button', class: 'plain', onclick: () => copy(sharedLink()) },
        icon('link'),
        t('share'),
      ),
      h('button', { type: 'button', class: 'plain', onclick: () => store([]) }, icon('trash'), t('emptyBin')),
    ),
  );
  const formats = await api.exportFormats();
  format.append(
    ...formats
      .filter((name) => name !== 'csv')
      .map((name) => h('option', { value: name }, name.toUpperCase())),
  );
}

export function closeBin() {
  dialog?.close();
}

export function openBin() {
  if (dialog) return;
  dialog = h(
    'dialog',
    { class: 'sheet side', tabindex: -1, 'aria-label': t('bin') },
    h(
      'div',
      { class: 'sheet-head' },
      h('h2', {}, t('bin')),
      iconButton('close', t('close'), closeBin, { key: 'Esc' }),
    ),
    h('div', { class: 'sheet-body' }),
  );
  dialog.addEventListener('click', (event) => event.target === dialog && closeBin());
  dialog.addEventListener('close', () => {
    dialog.remove();
    dialog = null;
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.focus();
  fill();
}
