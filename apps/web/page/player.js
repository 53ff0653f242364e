// SPDX-License-Identifier: MIT
// The player: opens at a moment, shows the scores of the whole video under it, moves the moment's borders.
import { choice, clamp, clock, h, icon, iconButton, setIcon, spanClock, textButton } from './dom.js';
import { change, closeMoment, current, openMoment, writeAddress } from './state.js';
import { keep, recall } from './store.js';
import { count, t } from './strings.js';
import { copyLink, isInBin, onBin, toggleInBin } from './bin.js';
import { addFrame } from './bar.js';
import { momentOf } from './card.js';
import { openExport } from './export.js';
import { framesOf, pictureAt, sheetOf } from './frames.js';
import { Screen } from './screen.js';
import { Strip } from './strip.js';
import { bestScore, focusHit, hitAt, hitCount, indexOf, step } from './results.js';
import * as api from './api.js';

const NEAR_S = 20; // around the moment, in the second strip of a long video
let dialog = null, parts = null, shown = null, request = null;
// shown: {id, video, frames, time, in, out, hit, index, ready: the screen has it}

const frameSeconds = () => 1 / (shown.video.frame_rate > 1 ? shown.video.frame_rate : 25);
const tellLost = (text, again) => {
  parts.lost.replaceChildren(text, again || '');
  parts.lost.hidden = text === '';
};
const strips = () => [parts.whole, parts.near].filter(Boolean);

function update() {
  if (!shown?.ready) return;
  const { screen } = parts;
  const now = screen.time;
  // The last frame stays until the first one comes: none that begins at the end is shown meanwhile.
  const early = Math.max(0.04, 1.1 * frameSeconds()) * screen.rate;
  const ends = shown.out - Math.min((shown.out - shown.in) / 2, early);
  if (!screen.paused && parts.loops && now >= ends && now < shown.out + 1.5) screen.seek(shown.in);
  for (const strip of strips()) strip.set({ in: shown.in, out: shown.out, now });
  parts.clock.textContent = clock(now, true);
  parts.length.textContent = ` / ${clock(shown.video.duration)}`;
  parts.span.textContent = spanClock(shown.in, shown.out);
  setIcon(parts.play, screen.paused ? 'play' : 'pause');
  parts.rate.textContent = screen.rate === 1 ? '' : `${screen.rate}×`;
  // The near strip goes along if the player leaves it.
  const { from, to } = parts.near ?? {};
  if (now < from || now > to) setNear(now, (to - from) / 2);
}

function setNear(middle, half) {
  const { duration } = shown.video;
  const length = Math.min(2 * half, duration);
  const start = clamp(middle - half, 0, duration - length);
  parts.near.setWindow(start, start + length);
  loadSheet(parts.near, `from=${start.toFixed(3)}&to=${(start + length).toFixed(3)}&count=80`);
}

// Without a sheet a strip shows one picture after the other.
async function loadSheet(strip, words) {
  strip.words = words;
  const sheet = await sheetOf(shown.id, words).catch(() => null);
  if (strip.words === words) strip.setSheet(sheet);
}

function tick() {
  if (!dialog) return;
  if (parts && !parts.screen.paused) update();
  requestAnimationFrame(tick);
}

const moment = () => ({ video: shown.id, title: shown.video.name, from: shown.in, to: shown.out,
  time: clamp(shown.time, shown.in, shown.out), score: shown.hit?.score ?? null });

function drawBin() {
  if (!shown) return;
  const there = Boolean(shown.ready) && isInBin(moment());
  parts.bin.ariaPressed = there;
  parts.bin.classList.toggle('on', there);
  parts.bin.lastChild.textContent = t(there ? 'inBin' : 'addBin');
}
onBin(drawBin);

function setBorders(start, end, done) {
  const last = shown.video.duration || Infinity;
  shown.in = clamp(start, 0, last);
  shown.out = clamp(end, shown.in + frameSeconds(), last);
  update();
  if (!done) return;
  drawBin();
  change(({ open }) => open && Object.assign(open, { in: shown.in, out: shown.out }), { replace: true });
}

const seek = (time) => {
  parts.screen.seek(time);
  update();
};

function stepFrame(by) {
  parts.screen.pause();
  // To the middle of a frame: a border between two may show either.
  const frame = frameSeconds();
  seek((Math.floor(parts.screen.time / frame + 1e-4) + by + 0.5) * frame);
}

let shuttle = 0;
function playOrPause() {
  if (!shown.ready) return;
  stopShuttle();
  parts.screen.setRate(1);
  if (parts.screen.paused) parts.screen.play();
  else parts.screen.pause();
}

function stopShuttle() {
  clearInterval(parts?.shuttle);
  shuttle = 0;
}

// J, K, L as in editors: pressed again, faster.
function goForwards() {
  stopShuttle();
  const { screen } = parts;
  screen.setRate(screen.paused ? 1 : Math.min(8, screen.rate * 2));
  screen.play();
}

function goBackwards() {
  const speed = Math.min(8, Math.max(1, shuttle * 2));
  stopShuttle();
  parts.screen.pause();
  shuttle = speed;
  parts.shuttle = setInterval(() => seek(parts.screen.time - speed / 8), 125);
}

async function goToHit(by) {
  const from = shown;
  const hit = from.index < 0 ? hitAt(0) : await step(from.index, by);
  if (hit && shown === from) openMoment(hit.video, hit.time, undefined, { replace: true });
}

const copyPlace = () => copyLink(writeAddress({ ...current(),
  open: { video: shown.id, time: shown.in, in: shown.in, out: shown.out } }));

const similar = () => addFrame(shown.id, parts.screen.time);

export function playerKey(event) {
  if (!dialog) return false;
  const { screen } = parts;
  const by = event.shiftKey ? 1 : 5;
  const next = () => goToHit(1), previous = () => goToHit(-1);
  const keys = { n: next, p: previous, ArrowDown: next, ArrowUp: previous };
  if (shown.ready) {
    Object.assign(keys, { ' ': playOrPause, k: () => (stopShuttle(), screen.setRate(1), screen.pause()),
      j: goBackwards, l: goForwards, ',': () => stepFrame(-1), '.': () => stepFrame(1),
      i: () => setBorders(screen.time, Math.max(shown.out, screen.time), true),
      o: () => setBorders(Math.min(shown.in, screen.time), screen.time, true),
      x: () => toggleInBin(moment()), s: similar, ArrowLeft: () => seek(screen.time - by),
      ArrowRight: () => seek(screen.time + by), m: () => (screen.video.muted = !screen.video.muted) });
  }
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return false;
  act();
  return true;
}

function build() {
  const screen = new Screen({
    changed: update,
    told: (mode, text) => {
      tellLost(text);
      parts.quality.hidden = !screen.modes.includes('transcode');
      const best = parts.quality.value === 'best' && mode !== 'pictures' ? mode : 'original';
      parts.quality.options[0].textContent = t(`mode_${best}`);
    },
  });
  const keyButton = (name, key, members) => iconButton(name, () => playerKey({ key }), { key, ...members });
  const toggleLoop = () => {
    parts.loops = !parts.loops;
    keep('loop', parts.loops);
    parts.loop.ariaPressed = parts.loops;
  };
  const choose = () => {
    keep('quality', parts.quality.value);
    screen.choose(parts.quality.value === 'low');
  };
  const loops = recall('loop', true), download = t('download');
  const qualities = [['best', ''], ['low', t('qLow')]];
  parts = {
    screen, loops, near: null, whole: null, name: h('h2.player-name'), place: h('span.quiet'),
    previous: keyButton('back', 'P'), next: keyButton('next', 'N'),
    lost: h('p.lost', { role: 'status', hidden: true }), strips: h('.strips'),
    play: iconButton('play', playOrPause, { key: 'Space', class: 'round big' }), clock: h('span.now'),
    length: h('span.quiet'), span: h('span.span'), rate: h('span.rate'),
    mute: keyButton('sound', 'M'),
    loop: iconButton('loop', toggleLoop, { 'aria-pressed': String(loops) }),
    bin: textButton('bin', t('addBin'), () => toggleInBin(moment()), { class: 'primary', title: 'X' }),
    quality: choice(qualities, recall('quality', 'best'), { aria: t('quality'), hidden: true,
      onchange: choose }),
    download: h('a.round', { download: true, aria: download, title: download }, icon('save')),
  };
  screen.video.addEventListener('volumechange',
    () => setIcon(parts.mute, screen.video.muted ? 'mute' : 'sound'));
  screen.element.addEventListener('click', playOrPause);
  screen.video.addEventListener('ended', () => {
    if (!parts.loops || !(shown?.out >= screen.time - 0.5)) return;
    screen.seek(shown.in);
    screen.play();
  });
  const oncancel = (event) => (event.preventDefault(), closeMoment());
  return h('dialog.player', { aria: t('player'), tabindex: -1, oncancel },
    h('.player-head', h('.player-title', parts.name, parts.place), parts.previous, parts.next,
      iconButton('close', closeMoment, { key: 'Esc' })),
    h('.stage', screen.element, parts.lost),
    parts.desk = h('.desk',
      h('.controls',
        h('.control-group', parts.play, keyButton('frameBack', ','), keyButton('frameNext', '.'),
          h('span.times', parts.clock, parts.length), parts.rate),
        h('.control-group.borders', keyButton('markIn', 'I'), parts.span, keyButton('markOut', 'O'),
          parts.loop),
        h('.control-group', parts.quality, parts.mute)),
      parts.strips,
      h('.player-actions', parts.bin, textButton('save', t('export'), () => openExport(() => [moment()])),
        textButton('like', t('similar'), similar, { title: 'S' }),
        textButton('link', t('copyLink'), copyPlace), parts.download)));
}

function emptyStrips() {
  for (const strip of strips()) strip.destroy();
  parts.whole = parts.near = null;
  parts.strips.replaceChildren();
}

// What was shown before has gone; what cannot work without a video says so.
function allow(is) {
  parts.desk.inert = !is;
  for (const button of parts.desk.querySelectorAll('button, select')) button.disabled = !is;
  if (is) return;
  emptyStrips();
  for (const name of ['clock', 'length', 'span', 'rate']) parts[name].textContent = '';
  parts.download.hidden = true;
  parts.screen.close();
  drawBin();
}

function buildStrips() {
  emptyStrips();
  const { duration } = shown.video;
  const common = { frame_s: frameSeconds(), seek: (time) => (stopShuttle(), seek(time)), borders: setBorders,
    picture: (time) => pictureAt(shown.frames, time) };
  parts.whole = new Strip({ ...common, label: t('strip'), from: 0, to: duration || 1 });
  parts.strips.append(parts.whole.element);
  if (duration > 6 * NEAR_S) {
    parts.near = new Strip({ ...common, label: t('stripNear'), from: 0, to: 2 * NEAR_S });
    parts.whole.element.classList.add('overview'); // too coarse for borders
    parts.strips.append(parts.near.element);
  }
  loadSheet(parts.whole, 'count=100');
}

// Without scores a strip shows pictures alone; the search says what is wrong.
async function loadScores(state, signal) {
  if (state.terms.length === 0) return;
  const scores = await api.scoresOf(state, shown.id, signal).catch(() => null);
  if (!scores || signal.aborted) return;
  for (const strip of strips()) strip.setScores(scores, bestScore());
}

function drawPlace() {
  const { index } = shown;
  parts.place.textContent = index >= 0 ? t('hitOf', count(index + 1), count(hitCount())) : '';
  parts.previous.disabled = index <= 0;
  parts.next.disabled = hitCount() === 0;
}

// Borders of the address, else of the hit, else a second around the time. Returns where to begin, which is
// between them, whatever the address says.
function chooseBorders(open) {
  const last = shown.video.duration || Infinity;
  const time = Math.min(open.time, last);
  const { from, to } = momentOf(shown.hit ?? { ...open, time, start: time, end: time }, shown.video);
  const [start, end] = [open.in ?? from, open.out ?? to].sort((one, other) => one - other);
  shown.in = clamp(start, 0, last - frameSeconds());
  shown.out = clamp(end, shown.in + frameSeconds(), last);
  return clamp(time, shown.in, shown.out - frameSeconds());
}

async function load(state) {
  const { open } = state;
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  const fresh = shown?.id !== open.video || !shown.ready;
  const index = indexOf(open);
  shown = { ...(fresh ? {} : shown), id: open.video, time: open.time, index, hit: hitAt(index) };
  stopShuttle();
  parts.desk.inert = fresh;
  if (fresh) {
    parts.screen.pause(); // what was shown before
    drawPlace();
    api.library().catch(() => {}); // closes this if the library is another one now
    const { error: failed, ...video } = await api.video(open.video).catch((error) => ({ error }));
    if (signal.aborted) return;
    parts.name.textContent = video.name ?? '–';
    parts.name.title = video.path ?? '';
    if (failed && !video.duration) { // it is not there, or nothing of it can be read
      allow(false);
      const again = textButton('loop', t('again'), () => load(current()), { class: 'primary' });
      if (video.name) tellLost(`${t('unreadable')}\n${failed}`);
      else tellLost(failed.message, (failed.status === 0 || failed.status >= 429) && again);
      return;
    }
    shown.video = video;
    shown.frames = await framesOf(open.video, Math.max(0, open.time - 30), open.time + 30).catch(() => null);
    if (signal.aborted) return;
    parts.download.href = `${api.mediaAddress(open.video)}?download=1`;
    parts.download.hidden = !video.media;
    await parts.screen.open(video, chooseBorders(open), shown.frames, parts.quality.value === 'low', signal);
    if (signal.aborted) return;
    buildStrips();
    // The hits may have come meanwhile.
    shown.index = indexOf(open);
    shown.hit = hitAt(shown.index);
    shown.ready = true;
    allow(true);
    chooseBorders(open);
    framesOf(open.video).then((frames) => {
      if (!signal.aborted) parts.screen.setFrames((shown.frames = frames));
    }, () => {});
  } else {
    parts.screen.seek(chooseBorders(open));
  }
  if (parts.near) {
    setNear((shown.in + shown.out) / 2, Math.max(NEAR_S, (shown.out - shown.in) * 0.8));
  }
  drawPlace();
  drawBin();
  update();
  parts.screen.play();
  await loadScores(state, signal);
}

// A page that begins with an open moment hears later of the hits around it.
document.addEventListener('results', () => {
  if (!shown?.ready || !current().open) return;
  shown.index = indexOf(current().open);
  shown.hit ??= hitAt(shown.index);
  if (shown.hit && current().open.in === null) chooseBorders(current().open);
  drawPlace();
  update();
});

export function showPlayer(state) {
  const { open } = state;
  if (!open) {
    if (!dialog) return;
    const index = shown?.index ?? -1;
    request?.abort();
    stopShuttle();
    parts.screen.close();
    emptyStrips();
    dialog.close();
    dialog.remove();
    dialog = parts = shown = null;
    if (index >= 0) focusHit(index);
    return;
  }
  if (!dialog) {
    dialog = build();
    document.body.append(dialog);
    dialog.showModal();
    dialog.focus();
    requestAnimationFrame(tick);
  }
  const moved = !shown || shown.id !== open.video || shown.time !== open.time;
  if (moved) {
    load(state);
  } else if (shown.ready && open.in !== null && (open.in !== shown.in || open.out !== shown.out)) {
    chooseBorders(open);
    update();
  }
}
