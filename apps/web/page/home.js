// SPDX-License-Identifier: MIT
// The start page: what one can look for and in what; of an empty library the way to the first hit.
import { clock, h, soon, textButton } from './dom.js';
import { change, openMoment } from './state.js';
import { many, t } from './strings.js';
import { copy } from './bin.js';
import { makeJobs } from './jobs.js';
import { queryLists } from './words.js';
import * as api from './api.js';

function command(text) {
  return h('span.command', h('code', text),
    textButton(null, t('copy'), () => copy(text), { aria: `${t('copy')}: ${text}` }));
}

export const byHand = () => h('.hint', h('p', t('addByHand')), command('reelvec index ~/Videos'));

// jobs: where a folder is added, if that is not shown elsewhere.
export function firstSteps(info, jobs = null) {
  const { model, capabilities } = info;
  const here = model.name !== null && capabilities.media_roots.length > 0;
  const step = (title, ...content) => h('li.step', h('h3', title), content);
  return h('.empty', h('h2', t('emptyTitle')),
    h('ol.steps',
      model.name === null
        ? step(t('stepModel'), model.error && h('p.video-error', model.error), h('p', t('stepModelText')),
            command('reelvec model fetch ViT-B/32'))
        : h('li.step.done', h('h3', t('stepModelDone', model.name))),
      step(t('stepVideos'), here ? jobs?.element : byHand()), step(t('stepAsk'), h('p', t('emptyThen')))));
}

function tile(video) {
  return h('li',
    h('button.tile', { onclick: () => openMoment(video.id, 0) },
      h('img', { src: video.picture, alt: '', loading: 'lazy' }), h('span.card-time', clock(video.duration)),
      h('span.tile-name', video.name)));
}

export function makeHome() {
  const queries = h('.home-queries');
  const videos = h('div');
  const jobs = makeJobs(() => element.isConnected && load());
  const element = h('section.home',
    h('.hero', h('h1', t('homeTitle')), h('p.quiet', t('homeText'))), queries, videos);
  let timer = 0, steps = null;
  async function load() {
    clearTimeout(timer);
    try {
      const info = await api.library();
      if (info.frames === 0) {
        const key = JSON.stringify([info.model.name, info.capabilities.media_roots]);
        if (key !== steps) videos.replaceChildren(firstSteps(info, jobs));
        steps = key;
      } else {
        const page = await api.videos({ limit: 12 });
        steps = null;
        videos.replaceChildren(h('.home-head', h('h2', t('library')),
            textButton('library', many('foundVideos', info.videos.total), () => change({ view: 'library' }))),
          info.model.error ? h('p.video-error', info.model.name ? info.model.error : t('noModel')) : '',
          h('ul.tiles', page.videos.filter((video) => video.picture).map(tile)), jobs.list);
      }
      jobs.show(info);
      if (info.frames > 0) return;
    } catch (error) {
      steps = null;
      videos.replaceChildren(h('p.video-error', error.message));
    }
    timer = soon(element, load);
  }

  return {
    element,
    show() {
      queries.replaceChildren(...queryLists());
      load();
    },
  };
}
