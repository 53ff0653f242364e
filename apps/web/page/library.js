// SPDX-License-Identifier: MIT
// The start page and the library: what is there, what went wrong with it and what to do.
import { clock, h, icon, iconButton } from './dom.js';
import { change } from './state.js';
import { count, t } from './strings.js';
import { copy } from './bin.js';
import { focusBar } from './bar.js';
import { queryLists } from './queries.js';
import * as api from './api.js';

const REFRESH_MS = 4000; // while something is being indexed, or nothing is there

const stateNames = { complete: 'complete', indexing: 'indexing', failed: 'failedState', unknown: 'unknown' };
const stateHints = { indexing: 'indexingHint', failed: 'failedHint' };

function command(text) {
  return h(
    'div',
    { class: 'command' },
    h('code', {}, text),
    h(
      'button',
      { type: 'button', class: 'plain', 'aria-label': `${t('copy')}: ${text}`, onclick: () => copy(text) },
      t('copy'),
    ),
  );
}

function emptyState(info) {
  return h(
    'div',
    { class: 'note empty' },
    h('h2', {}, t('emptyTitle')),
    info.state === 'absent' && h('p', {}, t('absent')),
    h('p', {}, t('emptyText')),
    command('reelvec index ~/Videos'),
    h('p', { class: 'quiet' }, t('emptyThen')),
  );
}

const openVideo = (video, time) =>
  change((state) => (state.open = { video: video.id, time, in: null, out: null }));

function searchIn(video) {
  change((state) => {
    state.view = 'search';
    delete state.filters.videos;
    state.filters.video = String(video.id);
  });
  focusBar();
}

// Pictures from the whole length, so that a person sees what the video is.
function contactSheet(video) {
  const sheet = h('div', { class: 'contact' });
  if (video.frames === 0 || !video.picture) return sheet;
  const shots = Math.min(5, video.frames);
  for (let i = 0; i < shots; i++) {
    const number = Math.max(1, Math.round((video.frames * (i + 0.5)) / shots));
    const address = video.picture.replace(/frames\/\d+\.jpg/, `frames/${number}.jpg`);
    const time = (video.duration * (i + 0.5)) / shots;
    sheet.append(
      h(
        'button',
        {
          type: 'button',
          'aria-label': `${video.name} ${clock(time)}`,
          onclick: () => openVideo(video, time),
        },
        h('img', { src: address, alt: '', loading: 'lazy' }),
      ),
    );
  }
  return sheet;
}

function facts(video) {
  const parts = [clock(video.duration), t('frames', count(video.frames))];
  if (video.width) parts.push(`${video.width} × ${video.height}`);
  if (video.codec) parts.push(video.codec);
  return parts.join(' · ');
}

function videoRow(video) {
  const hint = video.missing ? 'missingHint' : stateHints[video.state];
  return h(
    'li',
    { class: 'video-row' },
    contactSheet(video),
    h(
      'div',
      { class: 'video-text' },
      h('h2', { title: video.path }, video.name),
      h('p', { class: 'quiet' }, facts(video)),
      (video.state !== 'complete' || video.missing) &&
        h(
          'p',
          { class: `state ${video.missing ? 'failed' : video.state}` },
          t(video.missing ? 'missing' : (stateNames[video.state] ?? 'unknown')),
        ),
      video.error && h('p', { class: 'video-error' }, video.error),
      hint && h('p', { class: 'hint' }, t(hint)),
    ),
    video.frames > 0 && iconButton('search', `${t('searchVideo')}: ${video.name}`, () => searchIn(video)),
  );
}

export function makeLibrary() {
  const head = h('div', { class: 'library-head' });
  const list = h('ul', { class: 'videos' });
  const note = h('div', {});
  const more = h(
    'button',
    { type: 'button', class: 'plain', hidden: true, onclick: () => load(false) },
    t('showMore'),
  );
  const name = h('input', {
    type: 'search',
    placeholder: t('findVideo'),
    'aria-label': t('findVideo'),
    oninput: () => wait(),
  });
  const state = h(
    'select',
    { 'aria-label': t('all'), onchange: () => load(true) },
    [
      ['', 'all'],
      ['complete', 'complete'],
      ['indexing', 'indexing'],
      ['failed', 'failedState'],
    ].map(([value, label]) => h('option', { value }, t(label))),
  );
  const element = h(
    'section',
    { class: 'library', 'aria-label': t('library') },
    head,
    h('div', { class: 'library-tools' }, name, state),
    note,
    list,
    more,
  );
  let cursor = null,
    typing = 0,
    timer = 0,
    turn = 0;

  const wait = () => {
    clearTimeout(typing);
    typing = setTimeout(() => load(true), 200);
  };

  async function load(first) {
    const own = ++turn;
    try {
      const parameters = {
        limit: 100,
        ...(name.value.trim() && { name: name.value.trim() }),
        ...(state.value && { state: state.value }),
        ...(!first && cursor && { cursor }),
      };
      const [info, page] = await Promise.all([
        api.library(),
        api.videos(parameters).catch((error) => {
          if (error.code === 'library_gone') return { videos: [], next: null };
          throw error;
        }),
      ]);
      if (own !== turn) return;
      head.replaceChildren(
        h('h1', {}, info.name),
        h(
          'p',
          { class: 'quiet' },
          t('counts', count(info.videos.total), count(info.frames)),
          ` · ${t('model')}: ${info.model.name ?? t('unknown')}`,
        ),
        info.model.name === null ? h('p', { class: 'video-error' }, info.model.error ?? t('noModel')) : '',
      );
      const rows = page.videos.map(videoRow);
      if (first) list.replaceChildren(...rows);
      else list.append(...rows);
      note.replaceChildren(
        info.videos.total === 0
          ? emptyState(info)
          : rows.length === 0 && first
            ? h('p', { class: 'hint' }, t('noVideos'))
            : '',
      );
      list.hidden = list.children.length === 0;
      cursor = page.next;
      more.hidden = cursor === null;
      clearTimeout(timer);
      if (info.videos.indexing > 0 || info.videos.total === 0)
        timer = setTimeout(
          () => element.isConnected && list.children.length <= 100 && load(true),
          REFRESH_MS,
        );
    } catch (error) {
      if (own === turn)
        note.replaceChildren(h('p', { class: 'video-error' }, error.message || t('unreachable')));
    }
  }
  return { element, show: () => load(true) };
}

export function makeHome() {
  const element = h('section', { class: 'home', 'aria-label': t('home') });
  let timer = 0;
  async function show() {
    const videos = h('div', {});
    element.replaceChildren(
      h('div', { class: 'hero' }, h('h1', {}, t('homeTitle')), h('p', { class: 'quiet' }, t('homeText'))),
      h('div', { class: 'home-queries' }, queryLists()),
      videos,
    );
    clearTimeout(timer);
    try {
      const info = await api.library();
      if (info.videos.total === 0) {
        videos.replaceChildren(emptyState(info));
        timer = setTimeout(() => element.isConnected && show(), REFRESH_MS);
        return;
      }
      const page = await api.videos({ limit: 12 });
      const shown = page.videos.filter((video) => video.picture);
      videos.replaceChildren(
        h(
          'div',
          { class: 'home-head' },
          h('h2', {}, t('homeVideos')),
          h(
            'button',
            { type: 'button', class: 'plain', onclick: () => change((state) => (state.view = 'library')) },
            icon('library'),
            t('allVideos', count(info.videos.total)),
          ),
        ),
        info.model.name === null ? h('p', { class: 'video-error' }, t('noModel')) : '',
        h(
          'ul',
          { class: 'tiles' },
          shown.map((video) =>
            h(
              'li',
              {},
              h(
                'button',
                {
                  type: 'button',
                  class: 'tile',
                  onclick: () => openVideo(video, 0),
                },
                h('img', { src: video.picture, alt: '', loading: 'lazy' }),
                h('span', { class: 'card-time' }, clock(video.duration)),
                h('span', { class: 'tile-name' }, video.name),
              ),
            ),
          ),
        ),
      );
    } catch (error) {
      videos.replaceChildren(h('p', { class: 'video-error' }, error.message || t('unreachable')));
    }
  }
  return { element, show };
}
