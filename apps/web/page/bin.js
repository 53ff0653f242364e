// SPDX-License-Identifier: MIT
// The bin: moments that a person collects: {video, name, title, from, to, time, score}; title is the video's
// name.
import { clock, dotted, h, iconButton, openSheet, spanClock, textButton, toast } from './dom.js';
import { many, t } from './strings.js';
import { keep, library, recall } from './store.js';
import { openMoment, round } from './state.js';
import { exportForm } from './export.js';
import { loadPicture } from './frames.js';
import * as api from './api.js';

let moments = [], of = library;
// A browser that keeps nothing has those of the page.
const stored = () => recall('bin', of === library ? moments : [])
  .filter((one) => Number.isInteger(one?.video) && one.to >= one.from);
moments = stored();
let dialog = null, list, total, foot;

export const onBin = (listener) => addEventListener('bin', listener);
export const binSize = () => moments.length;

function tell(next) {
  [moments, of] = [next, library];
  dispatchEvent(new Event('bin'));
  if (dialog && !list.querySelector('input:focus')) fill(); // what is being typed stays
}

// edit: of moments to others; another tab may have stored some meanwhile.
function store(edit) {
  const next = edit(stored());
  keep('bin', next);
  tell(next);
}

addEventListener('storage', () => tell(stored()));

const same = (one) => (other) =>
  one.video === other.video && Math.abs(one.from - other.from) < 1e-3 && Math.abs(one.to - other.to) < 1e-3;
export const isInBin = (moment) => moments.some(same(moment));

export function toggleInBin(moment) {
  const there = isInBin(moment);
  store((all) => [...all.filter((one) => !same(moment)(one)), ...(there ? [] : [{ name: '', ...moment }])]);
  toast(t(there ? 'removed' : 'added'));
}

// Asks whether the moments of a link shall be put into the bin: "3@12-15~name,..."; names are encoded twice,
// since a comma ends a moment.
export function offerShared(text) {
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
  if (fresh.length === 0) return found.length > 0 && openBin();
  const accept = textButton('bin', t('addBin'), () => (sheet.close(), addShared(fresh)),
    { class: 'primary' });
  const sheet = openSheet('', t('shared', many('found', fresh.length)), accept);
}

async function addShared(fresh) {
  store((all) => [...all, ...fresh]);
  openBin();
  const names = new Map();
  for (const id of new Set(fresh.map((one) => one.video)))
    names.set(id, (await api.video(id).catch(() => null))?.name);
  store((all) => all.map((one) => ({ ...one, title: one.title || (names.get(one.video) ?? '') })));
}

const shared = () => moments.map((one) => `${one.video}@${round(one.from)}-${round(one.to)}` +
  (one.name ? `~${encodeURIComponent(one.name)}` : '')).join(',');

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

export const copyLink = (words) => copy(`${location.origin}${location.pathname}#${words}`);

function move(moment, by) {
  const place = (all) => all.findIndex(same(moment));
  store((all) => {
    const at = place(all);
    if (at >= 0) all.splice(Math.max(0, at + by), 0, ...all.splice(at, 1));
    return all;
  });
  list.children[place(moments)]?.querySelector(by < 0 ? '.up' : '.down').focus();
}

function row(moment, at) {
  const picture = loadPicture(h('img', { alt: '' }), moment.video, moment.time);
  const name = h('input.bin-name', {
    value: moment.name, placeholder: moment.title || String(moment.video), aria: t('binName'),
    maxlength: 200,
    onchange: ({ target }) =>
      store((all) => all.map((one) => (same(moment)(one) ? { ...one, name: target.value.trim() } : one))) });
  const span = spanClock(moment.from, moment.to), called = moment.name || moment.title;
  const opens = () => (dialog.close(), openMoment(moment.video, moment.from, [moment.from, moment.to]));
  const open = h('button.bin-picture', { aria: `${called} ${span}`, onclick: opens }, picture);
  return h('li.bin-row', open, h('.bin-text', name, h('span.quiet', span)),
    h('.bin-actions',
      iconButton('up', () => move(moment, -1), { class: 'round small up', disabled: at === 0 }),
      iconButton('down', () => move(moment, 1), { class: 'round small down',
        disabled: at === moments.length - 1 }),
      iconButton('close', () => toggleInBin(moment), { label: t('remove', called), class: 'round small' })));
}

function fill() {
  list.replaceChildren(...moments.map(row));
  const seconds = moments.reduce((sum, one) => sum + one.to - one.from, 0);
  foot.hidden = moments.length === 0;
  total.textContent = foot.hidden ? t('binEmpty')
    : dotted(many('found', moments.length), clock(seconds, true));
}

export function openBin() {
  if (dialog) return;
  const { form, leave } = exportForm(() => moments);
  list = h('ol.bin-list');
  total = h('p.quiet');
  const share = () => copyLink(new URLSearchParams({ bin: shared(), of: library }));
  foot = h('.bin-foot', form, textButton('link', t('copyLink'), share),
    textButton('trash', t('clear'), () => store(() => [])));
  dialog = openSheet('side', t('bin'), [total, list, foot], () => {
    dialog = null;
    leave();
  });
  fill();
}
