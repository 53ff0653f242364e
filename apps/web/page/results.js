// SPDX-License-Identifier: MIT
// The results: asked page by page, shown as a grid of which only what is on the screen exists.
import { check, clamp, h, textButton, toast } from './dom.js';
import { current, openMoment, searchVideo, writeQuery } from './state.js';
import { count, many, t } from './strings.js';
import { onBin } from './bin.js';
import { toggleGroup } from './bar.js';
import { Card } from './card.js';
import * as api from './api.js';

const FOOT = 58, HEAD = 54;

const nothing = () => ({ hits: [], groups: [], videos: new Map(), next: null, total: 0 });
const found = { ...nothing(), key: null, kind: 'cosine', top: 0, low: 0 };
let request = null, loading = false, element, said, facts, note, space, cards = new Map(), spare = [];
let looking = null; // whether the library is another one
let active = 0, columns = 1, rows = [], width = 0, scheduled = 0;
let turn = 0; // of laying out: a card of the same turn and hit is as it should be

export const hitCount = () =>
  found.groups.length > 0 ? found.hits.length : Math.max(found.hits.length, found.total);
export const hitAt = (index) => found.hits[index] ?? null;
export const bestScore = () => found.top;
export const indexOf = (open) =>
  found.hits.findIndex((hit) => hit.video === open.video && Math.abs(hit.time - open.time) < 0.002);

function take(answer, query) {
  if (query) Object.assign(found, nothing(), { query });
  for (const video of answer.videos) found.videos.set(video.id, video);
  if (answer.groups) {
    for (const group of answer.groups) {
      found.groups.push({ ...group, from: found.hits.length });
      found.hits.push(...group.hits);
    }
  } else {
    found.hits.push(...answer.hits);
  }
  Object.assign(found, { next: answer.next, total: answer.total, kind: answer.score_kind });
  if (query && found.hits.length > 0) {
    const scores = found.hits.map((hit) => hit.score);
    found.top = Math.max(...scores);
    found.low = Math.min(...scores);
  }
}

function showNote(title, text, again) {
  const retry = again && textButton(null, t('again'), () => searchNow(current()), { class: 'primary' });
  note.replaceChildren(...h('div', h('h2', title), text && h('p', text), retry).children);
  note.hidden = false;
}

async function searchNow(state) {
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  const query = api.queryOf(state);
  const slow = setTimeout(() => element.classList.add('searching'), 150);
  note.hidden = true;
  loading = true;
  let answer;
  try {
    const limit = query.group ? 12 : 60;
    active = 0;
    // The best moments alone come sooner.
    for (const top of query.group || !query.moments ? [query.top] : [limit, query.top]) {
      const asked = { ...query, top, limit };
      answer = await api.search(asked, signal);
      take(answer, asked);
      layOut();
      if (answer.hits?.length < limit) break;
    }
    said.textContent = many(found.groups.length > 0 ? 'foundVideos' : 'found', found.total);
    facts.textContent = ` · ${count(Math.max(1, Math.round(answer.ms)))} ms`;
    if (found.hits.length === 0) {
      showNote(t('nothing'),
        Object.keys(state.filters).some((name) => name !== 'group') && t('nothingFilters'));
    }
  } catch (error) {
    if (error.name === 'AbortError') return;
    if (answer) toast(error.message);
    else {
      Object.assign(found, nothing());
      said.textContent = facts.textContent = '';
      showNote(t('failed'), error.message, error.status === 0 || error.status >= 429);
    }
  } finally {
    clearTimeout(slow);
    if (request?.signal === signal) {
      element.classList.remove('searching');
      loading = false;
    }
  }
  layOut();
  document.dispatchEvent(new CustomEvent('results'));
}

let page = null; // the next one, while it is on the way
function loadMore() {
  if (!loading && found.next)
    page ??= takeMore().finally(() => {
      page = null;
      layOut();
    });
  return page;
}

async function takeMore() {
  const { signal } = request;
  const { key, query } = found;
  try {
    const answer = await api.search({ ...query, limit: query.group ? 40 : 500, cursor: found.next }, signal);
    if (found.key !== key) return;
    take(answer);
  } catch (error) {
    if (error.name === 'AbortError') return;
    found.next = null;
    found.total = found.groups.length || found.hits.length;
    toast(error.message);
  }
}

// The hit before or after, or null; pages are fetched as they are needed.
export async function step(index, by) {
  const to = index + by;
  if (to >= found.hits.length && found.next) await loadMore();
  return hitAt(to);
}

// Rows of cards from top to bottom; headings stand between them.
function layOut() {
  width = space.clientWidth;
  if (width === 0) return;
  const [wanted, gap] = width < 560 ? [160, 10] : [236, 18];
  columns = Math.max(1, Math.floor((width + gap) / (wanted + gap)));
  const cardWidth = (width - gap * (columns - 1)) / columns;
  const height = Math.round((cardWidth * 9) / 16) + FOOT;
  let top = 0;
  turn++;
  rows = [];
  for (const head of space.querySelectorAll('.group-head')) head.remove();
  const addCards = (from, to) => {
    for (let at = from; at < to; at += columns) {
      rows.push({ top, height, from: at, to: Math.min(to, at + columns), cardWidth, gap });
      top += height + gap;
    }
  };
  if (found.groups.length > 0) {
    for (const group of found.groups) {
      group.head ??= headOf(group);
      group.head.style.transform = `translateY(${top}px)`;
      space.append(group.head);
      top += HEAD;
      addCards(group.from, group.from + group.hits.length);
      top += 10;
    }
  } else {
    addCards(0, hitCount());
  }
  space.style.height = `${top}px`;
  draw();
}

function headOf(group) {
  const video = found.videos.get(group.video);
  return h('.group-head', { role: 'listitem' }, h('h2', { title: video?.path }, video?.name ?? ''),
    textButton(null, many('found', group.count), () => searchVideo(group.video),
      { aria: `${video?.name ?? ''}: ${many('found', group.count)}` }));
}

function drawCard(index, row) {
  let card = cards.get(index);
  if (!card) {
    card = spare.pop() ?? new Card(openHit, setActive);
    cards.set(index, card);
    if (!card.element.isConnected) space.append(card.element);
    card.element.hidden = false;
  }
  const hit = found.hits[index] ?? null;
  if (card.turn === turn && card.index === index && card.hit === hit) return;
  card.turn = turn;
  const left = (index - row.from) * (row.cardWidth + row.gap);
  Object.assign(card.element.style, { transform: `translate(${left}px, ${row.top}px)`,
    width: `${row.cardWidth}px`, height: `${row.height}px` });
  const span = found.top - found.low;
  const part = hit && span > 0 ? clamp(0.06 + (0.94 * (hit.score - found.low)) / span, 0.03, 1) : 1;
  card.set({ hit, index, part, total: hitCount(), kind: found.kind, active: index === active,
    video: hit ? found.videos.get(hit.video) : null });
}

function draw() {
  scheduled = 0;
  if (!space.isConnected) return;
  const offset = space.getBoundingClientRect().top;
  const from = -offset - 500, to = -offset + innerHeight + 700;
  const visible = rows.filter((row) => row.top + row.height >= from && row.top < to);
  for (const [index, card] of cards) {
    if (visible.some((row) => index >= row.from && index < row.to)) continue;
    if (card.element.contains(document.activeElement)) continue; // The focus stays, however far away.
    cards.delete(index);
    card.element.hidden = true;
    spare.push(card);
  }
  for (const row of visible) for (let index = row.from; index < row.to; index++) drawCard(index, row);
  if (!(visible.at(-1)?.to + columns * 4 <= found.hits.length)) loadMore();
}

function openHit(index, time) {
  active = index;
  openMoment(found.hits[index].video, time);
}

function setActive(index) {
  if (index === active) return;
  cards.get(active)?.setActive(false);
  active = index;
  cards.get(active)?.setActive(true);
}

export function focusHit(index) {
  const row = rows.find((one) => index >= one.from && index < one.to);
  if (!row) return;
  const top = space.getBoundingClientRect().top + row.top;
  const above = document.getElementById('top').offsetHeight + 12;
  if (top < above) scrollBy(0, top - above);
  else if (top + row.height > innerHeight) scrollBy(0, top + row.height - innerHeight + 12);
  draw();
  setActive(index);
  cards.get(index)?.open.focus({ preventScroll: true });
}

// Returns true if the key was one of the grid's.
export function gridKey(event) {
  if (!element?.isConnected || found.hits.length === 0) return false;
  const inGrid = space.contains(document.activeElement);
  const row = rows.findIndex((one) => active >= one.from && active < one.to);
  const vertical = (by) => {
    const next = rows[row + by];
    return next ? Math.min(next.to - 1, next.from + active - rows[row].from) : active;
  };
  const moves = { ArrowRight: () => active + 1, ArrowLeft: () => active - 1, ArrowDown: () => vertical(1),
    ArrowUp: () => vertical(-1), Home: () => 0, End: () => found.hits.length - 1 };
  const move = moves[event.key];
  if (move && inGrid) focusHit(clamp(move(), 0, found.hits.length - 1));
  else if (event.key.startsWith('Arrow') && document.activeElement === document.body) focusHit(active);
  if (move) return inGrid || space.contains(document.activeElement);
  const card = cards.get(active);
  const like = () => card.like.click();
  const acts = { x: () => card.toggleBin(), s: like, '+': like, '-': () => card.unlike.click() };
  const act = acts[event.key.toLowerCase()];
  if (!inGrid || !card?.hit || !act) return false;
  act();
  return true;
}

export function makeResults() {
  const switched = check(t('fGroup'), { onchange: toggleGroup });
  const group = switched.querySelector('input');
  [said, facts] = [h('span.said'), h('span.facts.quiet')];
  const summary = h('.summary', h('p', { role: 'status' }, said, facts), switched);
  note = h('.note', { hidden: true });
  space = h('.grid', { role: 'list', aria: t('results') });
  element = h('section.results', h('h1.offscreen', t('results')), summary,
    note, space);
  addEventListener('scroll', () => (scheduled ||= requestAnimationFrame(draw)), { passive: true });
  // A picture that is not there: of another library, if that is what is served now.
  space.addEventListener('error', () =>
    (looking ??= api.library().catch(() => {}).finally(() => (looking = null))), true);
  new ResizeObserver(() => space.clientWidth !== width && layOut()).observe(space);
  onBin(() => cards.forEach((card) => card.drawBin()));
  return {
    element,
    // Searches if the query is another one than that which is shown.
    show(state) {
      const key = writeQuery(state);
      group.checked = state.filters.group === 'video';
      if (key === found.key) return;
      found.key = key;
      searchNow(state);
    },
    forget() {
      request?.abort();
      Object.assign(found, nothing(), { key: null });
    },
  };
}
