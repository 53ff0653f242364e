// SPDX-License-Identifier: MIT
// A strip of time: pictures, the scores of every stored frame, the moment's borders, where the player is.
//
//   from                      in       out                      to
//    |[picture][picture][pictur[e][pict]ure][picture][picture]  ]|
//    |..|||.|||..   ..  .     .[|||||||]..  .|||.   ...         .|
//
import { clamp, clock, h, setSource } from './dom.js';
import { t } from './strings.js';
import { drawTile, nearest } from './frames.js';

const FILM = 0.46; // of the height, above the scores
const REST_MS = 160; // until a tile gives way to the very picture

export class Strip {
  // {label, from, to, frame_s: of a frame, seek(seconds), borders(in, out, done), picture(seconds): an
  // address or null}
  constructor(options) {
    Object.assign(this, { times: [], scores: [], in: 0, out: 0, now: 0, low: 0, high: 1 }, options);
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.shade = h('.strip-shade');
    const slider = (classes, name, which) =>
      h(classes, { role: 'slider', tabindex: 0, aria: t(name), title: t(name),
        onkeydown: (event) => this.key(event, which), onpointerdown: (event) => this.grab(event, which) });
    this.handles = { now: slider('.strip-now', 'position', 'now'),
      in: slider('.strip-handle.in', 'markIn', 'in'), out: slider('.strip-handle.out', 'markOut', 'out') };
    this.tipPicture = h('img', { alt: '' });
    this.tipTile = h('canvas', { width: 352, height: 198 });
    this.tipText = h('span');
    this.tip = h('.strip-tip', { hidden: true }, this.tipTile, this.tipPicture, this.tipText);
    const release = (event) => this.release(event);
    this.body = h('.strip-body', { onpointerdown: (event) => this.grab(event, 'now'),
        onpointermove: (event) => this.move(event), onpointerup: release, onpointercancel: release,
        onpointerleave: () => (this.tip.hidden = true) },
      this.canvas, this.shade, Object.values(this.handles));
    this.ends = [h('span'), h('span')];
    this.element = h('.strip', { role: 'group', aria: this.label }, this.tip, this.body,
      h('.strip-ends.quiet', this.ends));
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.body);
    this.setWindow(this.from, this.to);
  }

  destroy() {
    this.watcher.disconnect();
    clearTimeout(this.rest);
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
    this.high = Math.max(sorted.at(-1) ?? 1, high ?? -Infinity, this.low + 1e-6);
    this.draw();
  }

  // A sheet of this stretch; see frames.js.
  setSheet(sheet) {
    this.sheet = sheet;
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
    this.shade.style.right = `calc(100% - ${percent(this.out)})`;
    for (const [which, element] of Object.entries(this.handles)) {
      const time = this[which];
      element.style.left = percent(time);
      element.ariaValueMin = this.from.toFixed(2);
      element.ariaValueMax = this.to.toFixed(2);
      element.ariaValueNow = clamp(time, this.from, this.to).toFixed(2);
      element.ariaValueText = clock(time, true);
      element.classList.toggle('away', time < this.from - 0.01 || time > this.to + 0.01);
    }
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.body;
    if (width === 0) return;
    const scale = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext('2d');
    context.scale(scale, scale);
    const film = this.sheet ? height * (this.times.length > 0 ? FILM : 1) : 0;
    if (film > 0) this.drawFilm(context, width, film);
    if (this.times.length > 0) this.drawScores(context, width, film, height);
  }

  // Each picture is that of its middle.
  drawFilm(context, width, height) {
    const { sheet } = this;
    const wanted = (height * sheet.tile_width) / sheet.tile_height;
    const cells = Math.max(1, Math.round(width / Math.max(wanted, 24)));
    const cell = width / cells;
    for (let x = 0; x < cells; x++) {
      const time = this.from + ((x + 0.5) / cells) * (this.to - this.from);
      drawTile(context, sheet, nearest(sheet.times, time), [x * cell, 0, cell, height]);
    }
  }

  // Colours are those of the style sheet, which knows light and dark.
  drawScores(context, width, top, height) {
    const columns = Math.max(1, Math.floor(width / 3));
    const peaks = new Float64Array(columns).fill(-Infinity);
    const seen = (this.to - this.from) / columns;
    const { times } = this;
    const step = times.length > 1 ? (times.at(-1) - times[0]) / (times.length - 1) : 1;
    times.forEach((time, at) => {
      // A frame stands for the time until the next one.
      const first = Math.floor((time - this.from) / seen),
        last = Math.floor((time + step - this.from - 1e-6) / seen);
      for (let x = Math.max(0, first); x <= Math.min(columns - 1, Math.max(first, last)); x++)
        peaks[x] = Math.max(peaks[x], this.scores[at]);
    });
    const cell = width / columns;
    context.fillStyle = getComputedStyle(this.canvas).color;
    for (let x = 0; x < columns; x++) {
      if (peaks[x] === -Infinity) continue;
      const strength = clamp((peaks[x] - this.low) / (this.high - this.low), 0, 1);
      const tall = 2 + strength * (height - top - 8);
      context.globalAlpha = 0.28 + 0.72 * strength * strength;
      context.fillRect(x * cell + 0.5, height - tall - 2, Math.max(1, cell - 1), tall);
    }
  }

  hover(clientX) {
    const time = this.timeAt(clientX);
    const box = this.body.getBoundingClientRect();
    const found = this.picture(time);
    const show = () => {
      if (found) setSource(this.tipPicture, found);
      this.tipPicture.hidden = !found;
      this.tipTile.hidden = true;
    };
    clearTimeout(this.rest);
    this.tipText.textContent = clock(time, true);
    this.tip.hidden = false;
    if (this.sheet) {
      const { width, height } = this.tipTile;
      const context = this.tipTile.getContext('2d');
      context.clearRect(0, 0, width, height);
      drawTile(context, this.sheet, nearest(this.sheet.times, time), [0, 0, width, height], true);
      this.tipTile.hidden = !(this.tipPicture.hidden = true);
      this.rest = setTimeout(show, REST_MS);
    } else show();
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${clamp(clientX - box.left, half, box.width - half)}px`;
  }

  grab(event, which) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.handles[which].focus({ preventScroll: true });
    this.body.setPointerCapture(event.pointerId);
    this.held = which;
    if (which === 'now') this.drag(which, this.timeAt(event.clientX), false);
  }

  move({ clientX }) {
    this.hover(clientX);
    if (this.held) this.drag(this.held, this.timeAt(clientX), false);
  }

  release({ type, clientX }) {
    if (this.held && type === 'pointerup') this.drag(this.held, this.timeAt(clientX), true);
    this.held = null;
    this.tip.hidden = true;
  }

  drag(which, time, done) {
    const at = this.snap(time);
    if (which === 'now') this.seek(time, done);
    else if (which === 'in') this.borders(Math.min(at, this.out - this.frame_s), this.out, done);
    else this.borders(this.in, Math.max(at, this.in + this.frame_s), done);
  }

  key(event, which) {
    const { frame_s: frame } = this;
    const by = { ArrowLeft: -frame, ArrowRight: frame, ArrowDown: -frame, ArrowUp: frame, PageDown: -5,
      PageUp: 5 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.drag(which, this[which] + (event.shiftKey ? Math.sign(by) : by), true);
  }
}
