// SPDX-License-Identifier: MIT
// What the player shows: the video, in the first way that the browser can play, or its stored pictures.
//   original   the file as it is, sought by the browser
//   remux, transcode   made by the server from a second on, which is time 0 of what comes. Browsers do not
//              seek in what has no end yet, so each seek asks for a new one, when it rests for a moment
import { clamp, h, setSource } from './dom.js';
import { t } from './strings.js';
import { pictureAt } from './frames.js';
import * as api from './api.js';

const WAIT_MS = { original: 12000, remux: 15000, transcode: 32000 }; // for a picture of the video
const REST_MS = 250;
const copied = ['h264', 'hevc', 'av1', 'vp9']; // codecs that the server repacks

export class Screen {
  // changed(): time, state or size; told(mode, text): what is shown, and why if it is pictures.
  constructor({ changed, told }) {
    // at: the time that is wanted; coming: and not there yet.
    // lost: what is said until a picture comes.
    Object.assign(this, { changed, told, mode: 'pictures', offset: 0, at: 0, coming: false, frames: null,
      playing: false, rate: 1, lost: '' });
    const tell = () => this.changed();
    const came = () => {
      if (!this.video.hasAttribute('src')) return;
      clearTimeout(this.timer);
      this.coming = false;
      if (this.video.videoWidth === 0)
        this.fallBack(); // its sound alone is known
      else {
        this.still.hidden = true;
        if (this.lost) this.lose('');
      }
      tell();
    };
    this.video = h('video', {
      playsinline: true, preload: 'auto', aria: t('player'), ontimeupdate: tell, onplay: tell,
      onpause: tell, onvolumechange: tell, onloadeddata: came, onseeked: came, onplaying: came,
      onloadedmetadata: () => {
        // Not every browser keeps a time that was set before it knew the file.
        if (this.mode === 'original' && Math.abs(this.video.currentTime - this.at) > 0.3)
          this.video.currentTime = this.at;
      },
      onerror: () => this.fail(),
    });
    this.still = h('img.still', { alt: '' });
    this.element = h('.screen', this.video, this.still);
  }

  // low: as little bandwidth as possible. Nothing is shown once the signal tells that another one is wanted.
  async open(video, time, frames, low, signal) {
    const modes = [];
    if (video.media && !video.missing) {
      const { ffmpeg } = await api.abilities().catch(() => ({}));
      modes.push('original');
      if (ffmpeg && copied.includes(video.codec)) modes.push('remux');
      if (ffmpeg) modes.push('transcode');
    }
    if (signal.aborted) return;
    Object.assign(this, { info: video, frames, modes, at: time, playing: true });
    this.showStill(time);
    this.choose(low, time);
  }

  choose(low, time = this.time) {
    const lost = this.modes.length > 0 ? '' : t('noMedia', t('stills'));
    Object.assign(this, { low, again: true, wait: 700, lost });
    this.use(low && this.modes.includes('transcode') ? 'transcode' : (this.modes[0] ?? 'pictures'), time);
  }

  setFrames(frames) {
    this.frames = frames;
    if (!this.still.hidden) this.showStill(this.time);
  }

  showStill(time) {
    const found = pictureAt(this.frames, time);
    if (found) setSource(this.still, found);
    this.still.hidden = !found;
  }

  get pictures() {
    return this.mode === 'pictures';
  }

  use(mode, wanted) {
    this.stopWaiting();
    const { video } = this;
    const time = this.inside(wanted);
    Object.assign(this, { mode, at: time, coming: mode !== 'pictures',
      offset: mode === 'original' ? 0 : time });
    video.hidden = this.pictures;
    this.lose(this.lost);
    if (this.pictures) {
      this.leave();
      this.showStill(time);
      this.changed();
      if (this.playing) this.play();
      return;
    }
    // At rest browsers show the start of what is repacked a frame too early.
    this.rests = mode === 'remux' && !this.playing;
    const made = this.rests ? 'transcode' : mode;
    const { id } = this.info;
    video.src = mode === 'original' ? api.mediaAddress(id) : api.playAddress(id, made, time, this.low && 360);
    if (mode === 'original') video.currentTime = time;
    if (this.playing) this.play();
    this.timer = setTimeout(() => video.readyState < 2 && this.fallBack(), WAIT_MS[mode]);
  }

  // The server ends what nobody reads for a while: it is asked again, at rest when it goes on. What breaks in
  // its first second would break again.
  fail() {
    if (!this.video.hasAttribute('src')) return;
    const broken = this.playing && this.time < this.offset + 1;
    if (this.coming || this.mode === 'original' || broken) this.fallBack();
    else if (this.playing) this.use(this.mode, this.time);
    else this.rests = true;
  }

  fallBack() {
    const { time } = this;
    const next = this.modes[this.modes.indexOf(this.mode) + 1];
    this.showStill(time);
    if (next) this.use(next, time);
    else this.giveUp(this.mode, this.video.src, time);
  }

  // No way is left. If the server is busy the last one is tried again when it says; if it has no fault now it
  // may have been busy a moment before, so once.
  async giveUp(mode, address, time) {
    this.use('pictures', time);
    const { signal } = this.asking = new AbortController();
    const cause = await api.causeOf(address, signal);
    if (signal.aborted) return;
    const converts = this.modes.includes('transcode');
    const once = !cause && converts && this.again;
    if (once) this.again = false;
    else if (cause) this.lose([cause.message, cause.busy ? t('retry') : '', t('stills')].join('\n'));
    else this.lose(t('cannotPlay', t('stills')) + (converts ? '' : `\n${t('noFfmpeg')}`));
    if (!once && !cause?.busy) return;
    const wait = cause ? cause.wait_s * (this.wait *= 1.5) : 0;
    this.timer = setTimeout(() => this.use(mode, this.time), wait);
  }

  stopWaiting() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  lose(text) {
    this.lost = text;
    this.told(this.mode, text);
  }

  // A file may promise more than can be read of it.
  get time() {
    const time = this.pictures || this.coming ? this.at : this.video.currentTime + this.offset;
    return Math.min(time, this.info?.duration || Infinity);
  }

  inside(time) {
    const { duration, frame_rate: rate } = this.info;
    return clamp(time, 0, (duration || Infinity) - 0.5 / (rate > 1 ? rate : 25));
  }

  get paused() {
    return this.pictures || this.coming ? !this.playing : this.video.paused;
  }

  seek(wanted) {
    const time = this.at = this.inside(wanted);
    if (this.mode === 'original') {
      this.video.currentTime = time;
      return;
    }
    this.showStill(time);
    if (!this.pictures) {
      this.coming = true;
      this.leave();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.use(this.mode, this.at), REST_MS);
    }
    this.changed();
  }

  // Ends what the server sends.
  leave() {
    this.video.removeAttribute('src');
    this.video.load();
  }

  play() {
    this.playing = true;
    clearInterval(this.slides);
    if (this.pictures) {
      this.slides = setInterval(() => {
        const next = this.inside(this.at + 0.5 * this.rate);
        if (next > this.at) this.seek(next);
        else this.pause();
      }, 500);
    } else if (this.rests) {
      this.use(this.mode, this.time);
    } else {
      this.video.playbackRate = this.rate;
      this.video.play().catch(() => {});
    }
    this.changed();
  }

  pause() {
    this.playing = false;
    clearInterval(this.slides);
    this.video.pause();
    this.changed();
  }

  setRate(rate) {
    this.rate = rate;
    this.video.playbackRate = rate;
  }

  close() {
    this.pause();
    this.stopWaiting();
    this.leave();
    this.still.hidden = true;
  }
}
