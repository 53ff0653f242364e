// SPDX-License-Identifier: MIT
// The library: its videos, what went wrong with one and what to do, and adding a folder.
import { choice, clamp, clock, dotted, h, iconButton, soon, textButton } from './dom.js';
import { openMoment, searchVideo } from './state.js';
import { many, t } from './strings.js';
import { focusBar } from './bar.js';
import { byHand, firstSteps } from './home.js';
import { makeJobs } from './jobs.js';
import * as api from './api.js';

const stateNames = { complete: 'job_done', indexing: 'job_running', failed: 'job_failed' };
const stateHints = { indexing: 'indexingHint', failed: 'failedHint' };

// Pictures of the whole length; a press opens the video there.
function contactSheet(video) {
  if (!video.picture) return h('div');
  const address = video.picture.replace(/frames\/\d+\.jpg\?/, 'sprite.jpg?count=5&columns=5&height=120&');
  const opens = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const part = event.detail > 0 ? (event.clientX - box.left) / box.width : 0; // 0: by a key
    openMoment(video.id, video.duration * clamp(part, 0, 0.99));
  };
  return h('button.contact', { aria: `${t('play')}: ${video.name}`, onclick: opens },
    h('img', { src: address, alt: '', loading: 'lazy' }));
}

function facts(video) {
  const size = video.width > 0 && `${video.width} × ${video.height}`;
  return dotted(clock(video.duration), many('frames', video.frames), size, video.codec);
}

function videoRow(video) {
  const hint = video.missing ? 'missingHint' : stateHints[video.state];
  return h('li.video-row', contactSheet(video),
    h('.video-text', h('h2', { title: video.path }, video.name), h('p.quiet', facts(video)),
      (video.state !== 'complete' || video.missing) &&
        h('p', { class: `state ${video.missing ? 'failed' : video.state}` },
          video.missing ? t('missing') : stateNames[video.state] ? t(stateNames[video.state]) : video.state),
      video.error && h('p.video-error', video.error), hint && h('p.hint', t(hint))),
    video.frames > 0 && iconButton('search', () => (searchVideo(video.id), focusBar()),
      { label: `${t('search')}: ${video.name}` }));
}

export function makeLibrary() {
  const head = h('.library-head');
  const list = h('ul.videos');
  const note = h('div');
  const more = textButton(null, t('showMore'), () => load(false), { hidden: true });
  const jobs = makeJobs(() => element.isConnected && load(true));
  const name = h('input', { type: 'search', placeholder: t('findVideo'), aria: t('findVideo'),
    oninput: () => (clearTimeout(typing), (typing = setTimeout(() => load(true), 200))) });
  const state = choice(
    [['', t('all')], ...Object.entries(stateNames).map(([value, label]) => [value, t(label)])], '',
    { aria: t('all'), onchange: () => load(true) });
  const element = h('section.library', head, jobs.element,
    h('.library-tools', name, state), note, list, more);
  let cursor = null, typing = 0, timer = 0, turn = 0;

  async function load(first) {
    const own = ++turn;
    clearTimeout(timer);
    try {
      const parameters = { limit: 100, name: name.value.trim(), state: state.value,
        cursor: first ? null : cursor };
      const [info, page] = await Promise.all([api.library(),
        api.videos(parameters).catch((error) => {
          if (error.code === 'library_gone') return { videos: [], next: null };
          throw error;
        })]);
      if (own !== turn) return;
      head.replaceChildren(h('h1', info.name),
        h('p.quiet', dotted(many('foundVideos', info.videos.total), many('frames', info.frames),
          `${t('model')}: ${info.model.name ?? '–'}`)),
        info.model.error ? h('p.video-error', info.model.error) : '',
        info.videos.total > 0 && info.capabilities.media_roots.length === 0 ? byHand() : '');
      jobs.show(info);
      const rows = page.videos.map(videoRow);
      if (!first) list.append(...rows);
      else if (!list.contains(document.activeElement)) list.replaceChildren(...rows); // the focus stays
      list.hidden = list.children.length === 0;
      const empty = info.videos.total === 0 ? firstSteps(info) : h('p.hint', t('nothing'));
      note.replaceChildren(list.hidden ? empty : '');
      cursor = page.next;
      more.hidden = cursor === null;
      if (info.videos.indexing === 0 && info.videos.total > 0) return;
    } catch (error) {
      if (own !== turn) return;
      note.replaceChildren(h('p.video-error', error.message));
    }
    timer = soon(list, () => list.children.length <= 100 && load(true));
  }
  return { element, show: () => load(true) };
}
