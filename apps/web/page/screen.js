// SPDX-License-Identifier: MIT
// What the player shows: the video, in the first way that the browser can play, or its stored pictures.
//   original   the file as it is, sought by the browser
//   remux, transcode   made by the server from a second on; seeking further than what came begins a new one
import { h } from './dom.js';
import { t } from './strings.js';
import * as api from './api.js';

const WAIT_MS = 12000; // without a picture of the video

export class Screen {
  // changed(): time, state or size; lost(text): why pictures are shown.
  constructor({ changed, lost }) {
    Object.assign(this, {
      changed,
      lost,
      mode: 'pictures',
      offset: 0,
      pictures: false,
      at: 0,
      frames: null,
      playing: false,
      rate: 1,
    });
    this.video = h('video', { playsinline: true, preload: 'auto', 'aria-label': t('player') });
    this.still = h('img', { alt: '', class: 'still' });
    this.element = h('div', { class: 'screen' }, this.video, this.still);
    for (const name of ['timeupdate', 'play', 'pause', 'seeked', 'ratechange', 'volumechange'])
      this.video.addEventListener(name, () => this.changed());
    for (const name of ['seeked', 'loadeddata', 'playing']) {
      this.video.addEventListener(name, () => {
        clearTimeout(this.timer);
        if (!this.pictures) this.still.hidden = true;
      });
    }
    this.video.addEventListener('loadedmetadata', () => {
      // Not every browser keeps a time that was set before it knew the file.
      if (this.mode === 'original' && Math.abs(this.video.currentTime - this.at) > 0.3)
        this.video.currentTime = this.at;
    });
    this.video.addEventListener('error', () => this.video.hasAttribute('src') && this.fallBack());
  }

  async open(video, time, frames) {
    Object.assign(this, { info: video, frames, at: time, pictures: false });
    const there = video.media && !video.missing;
    this.modes = there ? ['original'] : [];
    if (there && (await api.can('videos/{id}/play'))) this.modes.push('remux', 'transcode');
    this.showStill(time);
    this.use(this.modes[0] ?? 'pictures', time);
  }

  setFrames(frames) {
    this.frames = frames;
    if (!this.still.hidden) this.showStill(this.time);
  }

  showStill(time) {
    const found = api.pictureAt(this.frames, time);
    if (found && this.address !== found.address) this.still.src = this.address = found.address;
    this.still.hidden = !found;
  }

  use(mode, time) {
    clearTimeout(this.timer);
    const plays = this.playing;
    this.mode = mode;
    this.pictures = mode === 'pictures';
    this.video.hidden = this.pictures;
    if (this.pictures) {
      this.video.removeAttribute('src');
      this.at = time;
      this.lost(t(this.info.media && !this.info.missing ? 'cannotPlay' : 'noMedia'));
      this.showStill(time);
      this.changed();
      return;
    }
    this.lost('');
    this.offset = mode === 'original' ? 0 : time;
    this.video.src =
      mode === 'original' ? api.mediaAddress(this.info.id) : api.playAddress(this.info.id, mode, time);
    if (mode === 'original') this.video.currentTime = time;
    if (plays) this.video.play().catch(() => {});
    this.timer = setTimeout(() => this.video.readyState < 2 && this.fallBack(), WAIT_MS);
  }

  fallBack() {
    const { time } = this;
    this.showStill(time);
    this.use(this.modes[this.modes.indexOf(this.mode) + 1] ?? 'pictures', time);
  }

  get time() {
    return this.pictures || this.video.readyState === 0 ? this.at : this.video.currentTime + this.offset;
  }

  get paused() {
    return this.pictures ? !this.playing : this.video.paused;
  }

  seek(time) {
    this.at = time;
    if (this.pictures) {
      this.showStill(time);
      this.changed();
    } else if (this.mode === 'original') {
      this.video.currentTime = time;
    } else {
      const { buffered } = this.video;
      const local = time - this.offset;
      for (let i = 0; i < buffered.length; i++) {
        if (local >= buffered.start(i) && local <= buffered.end(i)) {
          this.video.currentTime = local;
          return;
        }
      }
      this.use(this.mode, time);
    }
  }

  play() {
    this.playing = true;
    if (!this.pictures) {
      this.video.playbackRate = this.rate;
      this.video.play().catch(() => {});
    } else {
      clearInterval(this.slides);
      this.slides = setInterval(
        () => (this.at < this.info.duration ? this.seek(this.at + 0.5 * this.rate) : this.pause()),
        500,
      );
    }
    this.changed();
  }

  pause() {
    this.playing = false;
    clearInterval(this.slides);
    if (!this.pictures) this.video.pause();
    this.changed();
  }

  setRate(rate) {
    this.rate = rate;
    if (!this.pictures) this.video.playbackRate = rate;
  }

  close() {
    clearTimeout(this.timer);
    clearInterval(this.slides);
    this.video.pause();
    this.video.removeAttribute('src');
    this.video.load(); // ends what the server sends
  }
}
