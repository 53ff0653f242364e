// SPDX-License-Identifier: MIT
// Stored pictures of a video: one by one, and a stretch of them as a sheet.
import * as api from './api.js';

const lists = new Map(), sheets = new Map();

function once(map, most, key, make) {
  if (!map.has(key)) {
    const made = make();
    // What fails is not asked for again at once.
    made.catch(() => setTimeout(() => map.get(key) === made && map.delete(key), 10000));
    map.set(key, made);
    if (map.size > most) map.delete(map.keys().next().value);
  }
  return map.get(key);
}

// Of videos that are being indexed there are more from time to time.
export const forgetFrames = () => (lists.clear(), sheets.clear());
addEventListener('library', forgetFrames);

// {times, numbers, pattern} of a stretch.
export const framesOf = (id, from, to) =>
  once(lists, 500, `${id} ${from} ${to}`, () => api.frames(id, from, to));

// A sheet has {times, numbers, columns, tile_width, tile_height, image}.
export const sheetOf = (id, words) =>
  once(sheets, 20, `${id} ${words}`, async () => {
    const facts = await api.sheet(id, words);
    const image = new Image();
    image.src = facts.picture;
    await image.decode();
    return { ...facts, image };
  });

export function nearest(times, time) {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= time + 1e-3) low = middle;
    else high = middle - 1;
  }
  return low + 1 < times.length && times[low + 1] - time < time - times[low] ? low + 1 : low;
}

// The address of the stored picture that is nearest to a time, or null.
export function pictureAt(frames, time) {
  if (!frames || frames.times.length === 0) return null;
  return frames.pattern.replace('{number}', frames.numbers[nearest(frames.times, time)]);
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    target.load();
  }
});

// Sets the source of an image to the stored picture nearest to a time, once it is seen.
export function loadPicture(image, id, time) {
  image.load = async () => {
    const frames = await framesOf(id, Math.max(0, time - 2), time + 2).catch(() => null);
    const found = pictureAt(frames, time);
    if (found) image.src = found;
  };
  watcher.observe(image);
  return image;
}

// Draws a tile so that it covers the place, or fits into it.
export function drawTile(context, sheet, at, [x, y, width, height], fits = false) {
  const { columns, tile_width: wide, tile_height: high } = sheet;
  const scale = (fits ? Math.min : Math.max)(width / wide, height / high);
  const [w, h] = [Math.min(wide, width / scale), Math.min(high, height / scale)];
  context.drawImage(sheet.image, (at % columns) * wide + (wide - w) / 2,
    Math.floor(at / columns) * high + (high - h) / 2, w, h, x + (width - w * scale) / 2,
    y + (height - h * scale) / 2, w * scale, h * scale);
}
