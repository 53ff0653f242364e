// SPDX-License-Identifier: MIT
// The bin: moments that a person collects: {video, name, title, from, to, time, score}; title is the video's
// name.
import { clock, h, iconButton, openSheet, textButton, toast } from './dom.js';
import { many, t } from './strings.js';
import { keep, recall } from './store.js';
import { openMoment } from './state.js';
import { exportForm } from './export.js';
import { loadPicture } from './frames.js';
import * as api from './api.js';

let moments = recall('bin', []).filter((one) => Number.isInteger(one?.video) && one.to >= one.from);
const listeners = [];
let dialog = null, list, total, foot;

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
  const parts = moments.map((one) =>
      `${one.video}@${second(one.from)}-${second(one.to)}` +
      (one.name ? `~${encodeURIComponent(one.name)}` : ''));
  return `${location.origin}${location.pathname}#${new URLSearchParams({ bin: parts.join(',') })}`;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure context there is no clipboard: an old way, inside the dialog that has the focus.
    const area = h('textarea.offscreen', { value: text });
    ([...document.querySelectorAll('dialog[open]')].pop() ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(t('copied'));
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
  const picture = loadPicture(h('img', { alt: '', loading: 'lazy' }), moment.video, moment.time);
  const name = h('input.bin-name', {
    value: moment.name, placeholder: moment.title || String(moment.video), 'aria-label': t('binName'),
    maxlength: 200,
    onchange: (event) => {
      moment.name = event.target.value.trim();
      keep('bin', moments);
    },
  });
  const span = `${clock(moment.from, true)} – ${clock(moment.to, true)}`;
  const open = h('button.bin-picture', {
      'aria-label': `${moment.name || moment.title} ${span}`,
      onclick: () => {
        dialog.close();
        openMoment(moment.video, moment.from, [moment.from, moment.to]);
      },
    },
    picture);
  return h('li.bin-row', open, h('div.bin-text', name, h('span.quiet', span)),
    h('div.bin-actions',
      iconButton('up', () => move(at, -1), { class: 'round small up', disabled: at === 0 }),
      iconButton('down', () => move(at, 1), { class: 'round small down',
        disabled: at === moments.length - 1 }),
      iconButton('close', () => store(moments.filter((one) => one !== moment)), {
        label: t('remove', moment.name || moment.title), class: 'round small' })));
}

function fill() {
  list.replaceChildren(...moments.map(row));
  const seconds = moments.reduce((sum, one) => sum + one.to - one.from, 0);
  total.textContent =
    moments.length === 0 ? t('binEmpty') : `${many('found', moments.length)} · ${clock(seconds, true)}`;
  foot.hidden = moments.length === 0;
}

export function openBin() {
  if (dialog) return;
  const { form, leave } = exportForm(() => moments);
  list = h('ol.bin-list');
  total = h('p.quiet');
  foot = h('div.bin-foot', form, textButton('link', t('copyLink'), () => copy(sharedLink())),
    textButton('trash', t('clear'), () => store([])));
  dialog = openSheet('side', t('bin'), [total, list, foot], () => {
    dialog = null;
    leave();
  });
  fill();
}
