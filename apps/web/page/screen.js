// SPDX-License-Identifier: MIT
// What the player shows: the video, in the first way that the browser can play, or its stored pictures.
//   original   the file as it is, sought by the browser
//   remux, transcode   made by the server from a second on, which is time 0 of what comes. Browsers do not
//              seek in what has no end yet, so each seek asks for a new one, when it rests for a moment
import { h } from './dom.js';
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
    Object.assign(this, { changed, told, mode: 'pictures', offset: 0, at: 0, coming: false, frames: null,
      playing: false, rate: 1 });
    const tell = () => this.changed();
    const came = () => {
      if (!this.video.hasAttribute('src')) return;
      clearTimeout(this.timer);
      this.coming = false;
      if (this.video.videoWidth === 0)
        this.fallBack(); // its sound alone is known
      else this.still.hidden = true;
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
    this.low = low;
    this.use(low && this.modes.includes('transcode') ? 'transcode' : (this.modes[0] ?? 'pictures'), time);
  }

  setFrames(frames) {
    this.frames = frames;
    if (!this.still.hidden) this.showStill(this.time);
  }

  showStill(time) {
    const found = pictureAt(this.frames, time);
    if (found && this.address !== found.address) this.still.src = this.address = found.address;
    this.still.hidden = !found;
  }

  get pictures() {
    return this.mode === 'pictures';
  }

  use(mode, time) {
    clearTimeout(this.timer);
    const { video } = this;
    Object.assign(this, { mode, at: time, coming: mode !== 'pictures',
      offset: mode === 'original' ? 0 : time });
    video.hidden = this.pictures;
    const lost = this.info.media && !this.info.missing ? 'cannotPlay' : 'noMedia';
    this.told(mode, this.pictures ? t(lost, t('stills')) : '');
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
    this.showStill(time);
    this.use(this.modes[this.modes.indexOf(this.mode) + 1] ?? 'pictures', time);
  }

  get time() {
    return this.pictures || this.coming ? this.at : this.video.currentTime + this.offset;
  }

  get paused() {
    return this.pictures || this.coming ? !this.playing : this.video.paused;
  }

  seek(time) {
    this.at = time;
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
      this.slides = setInterval(
        () => (this.at < this.info.duration ? this.seek(this.at + 0.5 * this.rate) : this.pause()), 500);
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
    clearTimeout(this.timer);
    this.leave();
  }
}
