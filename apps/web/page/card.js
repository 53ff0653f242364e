// SPDX-License-Identifier: MIT
// A card of the grid: one moment. Cards are used again for others.
import { clamp, clock, h, iconButton, setSource } from './dom.js';
import { t } from './strings.js';
import { isInBin, toggleInBin } from './bin.js';
import { addFrame } from './bar.js';
import { drawTile, framesOf, sheetOf } from './frames.js';

const SCRUB_S = 6; // seconds before and after the moment that can be scrubbed through
const HOVER_MS = 90;

// A moment as the bin keeps it. One of a single frame gets a length, or there would be nothing to cut.
export function momentOf(hit, video) {
  const short = hit.end - hit.start < 0.5;
  const last = video?.duration > 0 ? video.duration : Infinity;
  return { video: hit.video, title: video?.name ?? '', time: hit.time, score: hit.score,
    from: short ? Math.max(0, hit.time - 1) : hit.start, to: short ? Math.min(last, hit.time + 1) : hit.end };
}

function spanOf(hit) {
  return hit.end - hit.start >= 1 ? `${clock(hit.start)} – ${clock(hit.end)}` : clock(hit.time, true);
}

// Moving over a card shows the seconds around it: tiles of a sheet, or pictures if there is none.
function scrubbing(card, opens) {
  let timer = 0, startX = null, moved = false;
  const scrub = async (clientX) => {
    const { hit } = card;
    const box = card.open.getBoundingClientRect();
    const part = clamp((clientX - box.left) / box.width, 0, 1);
    const [from, to] = [Math.max(0, hit.time - SCRUB_S), hit.time + SCRUB_S].map((time) => time.toFixed(3));
    const sheet = await sheetOf(hit.video, `from=${from}&to=${to}&count=25&columns=5&height=160`).catch(
      () => null);
    const frames = sheet ?? (await framesOf(hit.video, from, to).catch(() => null));
    if (card.hit !== hit || !card.wanted || !frames || frames.times.length === 0) return;
    const at = Math.min(frames.times.length - 1, Math.floor(part * frames.times.length));
    card.scrubbed = frames.times[at];
    card.element.classList.add('scrubbing');
    card.line.style.left = `${(part * 100).toFixed(2)}%`;
    if (sheet) card.showTile(sheet, at);
    else card.show(frames.pattern.replace('{number}', frames.numbers[at]), card.scrubbed);
  };
  const leave = () => {
    card.wanted = false;
    clearTimeout(timer);
    startX = null;
    card.rest();
    if (card.hit) card.show(card.hit.picture, card.hit.time);
  };
  return {
    onpointerenter: () => (card.wanted = true),
    onpointermove: (event) => {
      card.wanted = true;
      if (event.pointerType === 'mouse') {
        clearTimeout(timer);
        if (card.scrubbed !== null) scrub(event.clientX);
        else timer = setTimeout(() => scrub(event.clientX), HOVER_MS);
      } else if (startX !== null && (moved || Math.abs(event.clientX - startX) > 8)) {
        moved = true;
        scrub(event.clientX);
      }
    },
    onpointerdown: (event) => {
      startX = event.clientX;
      moved = false;
    },
    onpointerleave: leave, onpointercancel: leave,
    onclick: () => {
      if (!moved && card.hit) opens(card.index, card.scrubbed ?? card.hit.time);
      moved = false;
    },
  };
}

// onOpen(index, seconds), onFocus(index).
export class Card {
  constructor(onOpen, onFocus) {
    this.hit = this.scrubbed = null;
    this.picture = h('img', { alt: '', decoding: 'async', draggable: 'false' });
    this.time = h('span.card-time', { 'aria-hidden': 'true' });
    this.tile = h('canvas.card-tile', { hidden: true });
    this.line = h('span.card-line');
    this.open = h('button.card-open', { ...scrubbing(this, onOpen), onfocus: () => onFocus(this.index) },
      this.picture, this.tile, this.line);
    this.parts = h('.card-parts');
    this.title = h('span.card-title');
    this.span = h('span.card-span');
    this.value = h('span.bar-value');
    this.score = h('span.card-score', h('span.bar-track', this.value));
    this.number = h('span.card-number');
    const at = () => this.scrubbed ?? this.hit.time;
    this.like = iconButton('plus', () => addFrame(this.hit.video, at()), { key: '+' });
    this.unlike = iconButton('minus', () => addFrame(this.hit.video, at(), -1), { key: '-' });
    this.keep = iconButton('bin', () => this.toggleBin(), { label: t('addBin'), key: 'X' });
    this.actions = h('.card-actions', this.like, this.unlike, this.keep);
    this.element = h('.card', { role: 'listitem' },
      h('.card-picture', this.open, this.time, this.parts, this.actions),
      h('.card-foot', this.title, h('.card-facts', this.span, this.score, this.number)));
  }

  show(address, time) {
    setSource(this.picture, address);
    this.time.textContent = clock(time, this.scrubbed !== null);
  }

  showTile(sheet, at) {
    const { tile, open } = this;
    const scale = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [open.clientWidth * scale, open.clientHeight * scale].map(Math.round);
    if (tile.width !== width || tile.height !== height) Object.assign(tile, { width, height });
    const context = tile.getContext('2d');
    context.fillRect(0, 0, width, height);
    drawTile(context, sheet, at, [0, 0, width, height], sheet.tile_height > sheet.tile_width);
    tile.hidden = false;
    this.time.textContent = clock(this.scrubbed, true);
  }

  rest() {
    this.scrubbed = null;
    this.element.classList.remove('scrubbing');
    this.tile.hidden = true;
  }

  // hit: null while its page is on the way.
  set({ hit, video, index, total, part, kind, active }) {
    this.index = index;
    this.element.ariaPosInSet = index + 1;
    this.element.ariaSetSize = total;
    this.setActive(active);
    if (this.hit === hit && this.video === video && hit) return;
    Object.assign(this, { hit, video });
    this.rest();
    this.element.classList.toggle('waiting', !hit);
    this.actions.hidden = !hit;
    // Of a sequence, what comes after its first part.
    this.parts.replaceChildren(
      ...(hit?.parts ?? []).slice(1, 4).map((one) => h('img', { src: one.picture, alt: '' })));
    if (!hit) {
      this.picture.removeAttribute('src');
      for (const text of [this.title, this.span, this.number, this.time]) text.textContent = '';
      this.open.ariaLabel = t('searching');
      this.value.style.width = '0';
      return;
    }
    const score = hit.score.toFixed(3);
    this.picture.classList.toggle('tall', Boolean(video && video.height > video.width));
    this.show(hit.picture, hit.time);
    this.title.textContent = video?.name ?? '';
    this.title.title = video?.path ?? '';
    this.span.textContent = spanOf(hit);
    this.number.textContent = score;
    this.score.title = this.number.title = `${t('score')} ${score} (${t(kind)})`;
    this.value.style.width = `${(part * 100).toFixed(1)}%`;
    this.open.ariaLabel = `${video?.name}, ${spanOf(hit)}, ${t('score')} ${score}`;
    this.drawBin();
  }

  setActive(active) {
    for (const button of [this.open, this.like, this.unlike, this.keep]) button.tabIndex = active ? 0 : -1;
  }

  toggleBin() {
    if (this.hit) toggleInBin(momentOf(this.hit, this.video));
  }

  drawBin() {
    const there = Boolean(this.hit) && isInBin(momentOf(this.hit, this.video));
    this.element.classList.toggle('kept', there);
    this.keep.ariaPressed = there;
    this.keep.ariaLabel = t(there ? 'inBin' : 'addBin');
  }
}
