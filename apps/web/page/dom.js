// SPDX-License-Identifier: MIT
// Elements. Whatever comes from outside goes in as text, never as markup.
import { t } from './strings.js';

const shapes = { search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01', filter: 'M4 6h16M7 12h10M10 18h4',
  star: 'M12 4l2.4 5.2 5.6.7-4.2 3.8 1.1 5.6-4.9-2.8-4.9 2.8 1.1-5.6L4 9.9l5.6-.7z',
  close: 'M6 6l12 12M18 6L6 18', plus: 'M12 5v14M5 12h14', minus: 'M5 12h14',
  bin: 'M4 13v6h16v-6M4 13l3-8h10l3 8M4 13h4.5l1.5 3h4l1.5-3H20',
  library: 'M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z',
  help: 'M9 9a3 3 0 1 1 4.2 2.7c-.9.5-1.2 1-1.2 2.3M12 17.5h.01', play: 'M8 5.5v13l11-6.5z',
  pause: 'M8.5 5v14M15.5 5v14', back: 'M15 5l-7 7 7 7', next: 'M9 5l7 7-7 7',
  frameBack: 'M17 6l-7 6 7 6zM7 6v12', frameNext: 'M7 6l7 6-7 6zM17 6v12', markIn: 'M14 5H9v14h5',
  markOut: 'M10 5h5v14h-5', loop: 'M5 11a6 6 0 0 1 6-5h7M15 3l3 3-3 3M19 13a6 6 0 0 1-6 5H6M9 21l-3-3 3-3',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  like: 'M4 12h6M7 9v6M13 6h7v12h-7z', up: 'M6 15l6-6 6 6', down: 'M6 9l6 6 6-6',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14', sound: 'M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 0 1 0 6',
  mute: 'M4 10v4h4l5 4V6L8 10zM16 10l4 4M20 10l-4 4', trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13' };

const isNone = (value) => (value ?? false) === false;

// An element: h('button.plain', {onclick: f, aria: label}, children...); the members, and the tag div, may be
// left out.
// One that is null, undefined or false is not set; a function is a listener.
export function h(name, members, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = /^(svg|path)$/.test(tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag || 'div');
  if (tag === 'button') element.type = 'button';
  if (classes.length > 0) element.setAttribute('class', classes.join(' '));
  if (!members || members.constructor !== Object) {
    children.unshift(members);
    members = {};
  }
  for (const [key, value] of Object.entries(members)) {
    if (isNone(value)) continue;
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (key === 'value') element.value = value;
    else element.setAttribute(key === 'aria' ? 'aria-label' : key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => !isNone(child)));
  return element;
}

export const icon = (name) =>
  h(`svg.icon.icon-${name}`, { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: shapes[name] }));

// A button with a picture; its label is also its tip, together with the key.
export const iconButton = (name, onclick, { key, label = t(name), ...members } = {}) =>
  h('button.round', { aria: label, title: key ? `${label} (${key})` : label, onclick, ...members },
    icon(name));

// A button with words, and a picture in front of them if there is a name.
export const textButton = (name, label, onclick, members) =>
  h('button.plain', { onclick, ...members }, name && icon(name), h('span', label));

export function setIcon(button, name) {
  if (button.firstChild.matches(`.icon-${name}`)) return;
  button.replaceChildren(icon(name));
  button.title = button.ariaLabel = t(name);
}

// One of several: options are [value, text].
export function choice(options, chosen, members) {
  return h('select', members,
    options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));
}

export const field = (label, ...content) => h('label.field', h('span', label), content);
export const check = (label, members) =>
  h('label.check', h('input', { type: 'checkbox', ...members }), h('span', label));

// Listens to keys: acts are functions by the names of keys; others are left alone.
export const onKeys = (acts) => (event) => {
  if (!acts[event.key] || event.isComposing) return;
  event.preventDefault();
  acts[event.key](event);
};

// A dialog; Esc, its button and a press beside it close it.
export function openSheet(name, title, content, closed = () => {}) {
  const dialog = h('dialog', {
      class: `sheet ${name}`, tabindex: -1, aria: title,
      onclick: (event) => event.target === dialog && dialog.close(),
      onclose: () => (dialog.remove(), closed()),
    },
    h('.sheet-head', h('h2', title), iconButton('close', () => dialog.close(), { key: 'Esc' })),
    h('.sheet-body', content));
  document.body.append(dialog);
  dialog.showModal();
  dialog.focus();
  return dialog;
}

export const dotted = (...texts) => texts.filter(Boolean).join(' · ');
// "1:02.0 – 1:05.5".
export const spanClock = (from, to) => `${clock(from, true)} – ${clock(to, true)}`;
// Once nothing is shown that is another one.
export function setSource(image, address) {
  if (image.getAttribute('src') !== address) image.src = address;
}
// Calls again unless the element has left the page meanwhile.
export const soon = (element, call) => setTimeout(() => element.isConnected && call(), 4000);

export const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

// "1:02:03", "2:03", with tenths if they are asked for.
export function clock(seconds, tenths = false) {
  const ticks = Math.floor(Math.max(0, seconds) * 10 + 1e-5);
  const two = (value) => String(Math.floor(value) % 60).padStart(2, '0');
  const minutes = Math.floor(ticks / 600);
  const text = minutes < 60 ? minutes : `${Math.floor(minutes / 60)}:${two(minutes)}`;
  return `${text}:${two(ticks / 10)}${tenths ? `.${ticks % 10}` : ''}`;
}

// Seconds of "83", "1:23", "1:02:03.5"; null if it is no time.
export function secondsOf(text) {
  if (!/^(\d+:){0,2}\d+(\.\d+)?$/.test(text)) return null;
  const [first, ...rest] = text.split(':').map(Number);
  return rest.some((part) => part >= 60) ? null : rest.reduce((sum, part) => sum * 60 + part, first);
}

let toastTimer = 0;
export function toast(text) {
  const element = document.getElementById('toast');
  element.textContent = text;
  element.hidePopover();
  element.showPopover(); // above an open dialog
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.hidePopover(), 3000 + 30 * text.length);
}
