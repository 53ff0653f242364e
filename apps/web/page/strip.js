// SPDX-License-Identifier: MIT
// A strip of time: the scores of every stored frame, the moment's borders, where the player is.
//
//   from                      in       out                      to
//    |   ..  .                 [|||||||]      .                  |
//    |..|||.|||..   ..  .     .[|||||||]..  .|||.   ...         .|
//
import { clamp, clock, h } from './dom.js';
import { t } from './strings.js';
import * as api from './api.js';

export class Strip {
  // seek(seconds), borders(in, out, done), picture(seconds) -> {address, time} or null; frame_s: of a frame.
  constructor({ label, from, to, frame_s, seek, borders, picture }) {
    Object.assign(this, {
      from,
      to,
      frame_s,
      seek,
      borders,
      picture,
      times: [],
      scores: [],
      in: 0,
      out: 0,
      now: 0,
      low: 0,
      high: 1,
    });
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.shade = h('div', { class: 'strip-shade' });
    this.head = h('div', {
      class: 'strip-now',
      role: 'slider',
      tabindex: 0,
      'aria-label': t('position'),
      onkeydown: (event) => this.key(event, 'now'),
    });
    const handle = (name, which) =>
      h('div', {
        class: `strip-handle ${which}`,
        role: 'slider',
        tabindex: 0,
        'aria-label': t(name),
        title: t(name),
        onkeydown: (event) => this.key(event, which),
        onpointerdown: (event) => this.grab(event, which),
      });
    this.handles = { in: handle('start', 'in'), out: handle('end', 'out') };
    this.tipPicture = h('img', { alt: '' });
    this.tipText = h('span', {});
    this.tip = h('div', { class: 'strip-tip', hidden: true }, this.tipPicture, this.tipText);
    this.body = h(
      'div',
      {
        class: 'strip-body',
        onpointerdown: (event) => this.grab(event, 'now'),
        onpointermove: (event) => this.hover(event.clientX),
        onpointerleave: () => (this.tip.hidden = true),
      },
      this.canvas,
      this.shade,
      this.head,
      this.handles.in,
      this.handles.out,
    );
    this.ends = [h('span', {}), h('span', {})];
    this.element = h(
      'div',
      { class: 'strip', role: 'group', 'aria-label': label },
      this.tip,
      this.body,
      h('div', { class: 'strip-ends quiet' }, this.ends),
    );
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.body);
    this.setWindow(from, to);
  }

  destroy() {
    this.watcher.disconnect();
  }

  setWindow(from, to) {
    Object.assign(this, { from, to: Math.max(to, from + 0.1) });
    this.ends[0].textContent = clock(this.from);
    this.ends[1].textContent = clock(this.to);
    this.draw();
    this.place();
  }

  setScores({ times, scores }, high) {
    Object.assign(this, { times, scores });
    const sorted = [...scores].sort((one, other) => one - other);
    this.low = sorted[Math.floor(sorted.length * 0.05)] ?? 0;
    this.high = Math.max(sorted[sorted.length - 1] ?? 1, high ?? -Infinity, this.low + 1e-6);
    this.draw();
  }

  set({ in: start, out: end, now }) {
    Object.assign(this, { in: start, out: end, now });
    this.place();
  }

  part(time) {
    return clamp((time - this.from) / (this.to - this.from), 0, 1);
  }

  timeAt(clientX) {
    const box = this.body.getBoundingClientRect();
    return this.from + clamp((clientX - box.left) / box.width, 0, 1) * (this.to - this.from);
  }

  snap(time) {
    return Math.round(time / this.frame_s) * this.frame_s;
  }

  place() {
    const percent = (time) => `${(this.part(time) * 100).toFixed(3)}%`;
    this.shade.style.left = percent(this.in);
    this.shade.style.right = `${(100 - this.part(this.out) * 100).toFixed(3)}%`;
    this.head.style.left = percent(this.now);
    for (const [element, time, which] of [
      [this.handles.in, this.in, 'in'],
      [this.handles.out, this.out, 'out'],
      [this.head, this.now, 'now'],
    ]) {
      if (which !== 'now') element.style.left = percent(time);
      element.setAttribute('aria-valuemin', this.from.toFixed(2));
      element.setAttribute('aria-valuemax', this.to.toFixed(2));
      element.setAttribute('aria-valuenow', clamp(time, this.from, this.to).toFixed(2));
      element.setAttribute('aria-valuetext', clock(time, true));
    }
    this.handles.in.classList.toggle('away', this.in < this.from || this.in > this.to);
    this.handles.out.classList.toggle('away', this.out < this.from || this.out > this.to);
    this.head.classList.toggle('away', this.now < this.from - 0.01 || this.now > this.to + 0.01);
  }

  // Colours are those of the style sheet, which knows light and dark.
  draw() {
    const { clientWidth: width, clientHeight: height } = this.body;
    if (width === 0) return;
    const scale = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext('2d');
    const style = getComputedStyle(this.element);
    context.scale(scale, scale);
    const columns = Math.max(1, Math.floor(width / 3));
    const peaks = new Float64Array(columns).fill(-Infinity);
    const seen = (this.to - this.from) / columns;
    const step =
      this.times.length > 1
        ? (this.times[this.times.length - 1] - this.times[0]) / (this.times.length - 1)
        : 1;
    this.times.forEach((time, at) => {
      // A frame stands for the time until the next one.
      const first = Math.floor((time - this.from) / seen),
        last = Math.floor((time + step - this.from - 1e-6) / seen);
      for (let x = Math.max(0, first); x <= Math.min(columns - 1, Math.max(first, last)); x++)
        peaks[x] = Math.max(peaks[x], this.scores[at]);
    });
    const cell = width / columns;
    context.fillStyle = style.getPropertyValue('--accent');
    for (let x = 0; x < columns; x++) {
      if (peaks[x] === -Infinity) continue;
      const strength = clamp((peaks[x] - this.low) / (this.high - this.low), 0, 1);
      const tall = 2 + strength * (height - 10);
      context.globalAlpha = 0.28 + 0.72 * strength * strength;
      context.beginPath();
      if (context.roundRect)
        context.roundRect(x * cell + 0.5, height - tall - 2, Math.max(1, cell - 1), tall, 1);
      else context.rect(x * cell + 0.5, height - tall - 2, Math.max(1, cell - 1), tall);
      context.fill();
    }
  }

  hover(clientX) {
    const time = this.timeAt(clientX);
    const found = this.picture(time);
    const box = this.body.getBoundingClientRect();
    this.tipText.textContent = clock(time, true);
    this.tipPicture.hidden = !found;
    if (found && this.tipAddress !== found.address) this.tipPicture.src = this.tipAddress = found.address;
    this.tip.hidden = false;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${clamp(clientX - box.left, half, box.width - half)}px`;
  }

  grab(event, which) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const target = which === 'now' ? this.head : this.handles[which];
    target.focus({ preventScroll: true });
    this.body.setPointerCapture(event.pointerId);
    const move = (moved) => {
      this.hover(moved.clientX);
      this.drag(which, this.timeAt(moved.clientX), false);
    };
    const end = (ended) => {
      this.body.removeEventListener('pointermove', move);
      this.body.removeEventListener('pointerup', end);
      this.body.removeEventListener('pointercancel', end);
      this.tip.hidden = true;
      if (ended.type === 'pointerup') this.drag(which, this.timeAt(ended.clientX), true);
    };
    this.body.addEventListener('pointermove', move);
    this.body.addEventListener('pointerup', end);
    this.body.addEventListener('pointercancel', end);
    if (which === 'now') this.drag(which, this.timeAt(event.clientX), false);
  }

  drag(which, time, done) {
    const at = this.snap(time);
    if (which === 'now') this.seek(time, done);
    else if (which === 'in') this.borders(Math.min(at, this.out - this.frame_s), this.out, done);
    else this.borders(this.in, Math.max(at, this.in + this.frame_s), done);
  }

  key(event, which) {
    const steps = {
      ArrowLeft: -this.frame_s,
      ArrowRight: this.frame_s,
      ArrowDown: -this.frame_s,
      ArrowUp: this.frame_s,
      PageDown: -5,
      PageUp: 5,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    const by = event.shiftKey ? Math.sign(steps[event.key]) : steps[event.key];
    this.drag(which, this[which] + by, true);
  }
}
