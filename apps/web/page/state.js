// SPDX-License-Identifier: MIT
// What the page shows, which is what its address says behind "#": in the words of GET /api/v1/search, and
//   open=VIDEO@SECONDS&in=SECONDS&out=SECONDS   the moment in the player
//   view=library   the library instead of the results
//   bin=VIDEO@FROM-TO~NAME,...   moments that somebody shared
//   of=LIBRARY   where its numbers of videos are from
// A term: {kind: 'text' | 'picture' | 'frame', value, weight, then}; frame's value is "VIDEO@SECONDS"; a
// negative weight looks for what is unlike it; then: begins the next part of a sequence.
import { library } from './store.js';

const filterNames = ['videos', 'video', 'after', 'before', 'min_score', 'group', 'fusion', 'within'];

export const round = (seconds) => Math.round(seconds * 1000) / 1000;

function openOf(text) {
  const match = /^(\d+)@(\d+(?:\.\d+)?)$/.exec(text);
  return match ? { video: Number(match[1]), time: Number(match[2]), in: null, out: null } : null;
}

export function readAddress(hash) {
  const state = { terms: [], filters: {}, open: null, view: 'search', shared: '', of: '' };
  let then = false;
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ''))) {
    const last = state.terms.at(-1);
    if (['text', 'not', 'picture', 'frame'].includes(name)) {
      if (value.trim() === '' || state.terms.length === 32) continue;
      state.terms.push({ kind: name === 'not' ? 'text' : name, value, weight: name === 'not' ? -1 : 1,
        then });
      then = false;
    } else if (name === 'weight' && last && Number(value)) {
      last.weight = Number(value) * (last.weight < 0 ? -1 : 1);
    } else if (name === 'then') {
      then = state.terms.length > 0;
    } else if (filterNames.includes(name) && value !== '') {
      if (/^(videos|group|fusion)$/.test(name) || Number.isFinite(Number(value)))
        state.filters[name] = value;
    } else if (name === 'open') {
      state.open = openOf(value);
    } else if (state.open && /^(in|out)$/.test(name) && /^[\d.]+$/.test(value)) {
      state.open[name] = Number(value);
    } else if (name === 'view' && value === 'library') {
      state.view = 'library';
    } else if (name === 'bin') {
      state.shared = value;
    } else if (name === 'of') {
      state.of = value;
    }
  }
  return state;
}

export function writeQuery(state) {
  const words = new URLSearchParams();
  for (const term of state.terms) {
    if (term.then) words.append('then', '1');
    const minus = term.kind === 'text' && term.weight < 0;
    words.append(minus ? 'not' : term.kind, term.value);
    const weight = minus ? -term.weight : term.weight;
    if (weight !== 1) words.append('weight', String(weight));
  }
  for (const name of filterNames) if (state.filters[name]) words.append(name, state.filters[name]);
  return words.toString();
}

const isFrame = ({ kind }) => kind === 'frame';

export function writeAddress(state) {
  const words = new URLSearchParams(writeQuery(state));
  if (state.open || state.filters.video || state.terms.some(isFrame)) words.append('of', library);
  if (state.view !== 'search') words.append('view', state.view);
  if (state.open) {
    words.append('open', `${state.open.video}@${round(state.open.time)}`);
    if (state.open.in !== null) words.append('in', round(state.open.in));
    if (state.open.out !== null) words.append('out', round(state.open.out));
  }
  return words.toString().replaceAll('%40', '@').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

// The state without the videos of another library.
function leaveVideos(state, foreign) {
  const terms = state.terms.filter((term) => !isFrame(term));
  const { video, ...filters } = state.filters;
  return { ...state, terms, filters, open: null, shared: '', foreign };
}

function fromAddress() {
  const found = readAddress(location.hash);
  return found.of && library && found.of !== library ? leaveVideos(found, 'foreign') : found;
}

let state = fromAddress(), tell = () => {};

export const current = () => state;
export const onChange = (listener) => (tell = () => listener(state));

// Change the state by a function that edits a copy, or by new members. Steps to which nobody wants to go
// back replace the entry.
export function change(edit, { replace = false } = {}) {
  const next = structuredClone(state);
  next.shared = next.foreign = '';
  if (typeof edit === 'function') edit(next);
  else Object.assign(next, edit);
  if (next.terms.length > 0) next.terms[0].then = false;
  const words = writeAddress(next);
  const opened = replace ? history.state?.opened : Boolean(next.open && !state.open);
  state = next;
  const address = words === '' ? location.pathname + location.search : `#${words}`;
  if (`#${words}` !== (location.hash || '#'))
    history[replace ? 'replaceState' : 'pushState']({ opened }, '', address);
  tell();
}

// Closes the player: back, if it was opened from the page, so that going back does not open it again.
export function closeMoment() {
  if (history.state?.opened) history.back();
  else change({ open: null });
}

export const openMoment = (video, time, [from, to] = [null, null], how) =>
  change({ open: { video, time, in: from, out: to } }, how);

// Looks in one video alone.
export function searchVideo(id) {
  const { videos, group, ...filters } = state.filters;
  change({ filters: { ...filters, video: String(id) }, view: 'search' });
}

addEventListener('popstate', () => {
  state = fromAddress();
  tell();
});
addEventListener('library', () => change(leaveVideos(state, 'changed'), { replace: true }));
