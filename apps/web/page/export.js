// SPDX-License-Identifier: MIT
// Taking moments away: as clips, or as the file of an editor or player.
import { field, h, icon, openSheet, textButton } from './dom.js';
import { keep, recall } from './store.js';
import { many, t } from './strings.js';
import * as api from './api.js';

// What the server is asked for, the hint, and a name that needs no translation.
const clipKinds = { exact: [{ mode: 'exact', container: 'mp4' }, 'hintExact'],
  copy: [{ mode: 'copy' }, 'hintCopy'], gif: [{ container: 'gif' }, 'hintAnimated', 'GIF'],
  webp: [{ container: 'webp' }, 'hintAnimated', 'WebP'] };
const editors = { otio: 'OpenTimelineIO (.otio)', fcpxml: 'Final Cut Pro (.fcpxml)',
  xmeml: 'Premiere Pro, Vegas (.xml)', edl: 'EDL, CMX3600 (.edl)', 'marker-edl': 'DaVinci Resolve (.edl)',
  mlt: 'Shotcut (.mlt)', llc: 'LosslessCut (.llc)', 'llc-csv': 'LosslessCut (.csv)' };
const lists = { csv: 'CSV', m3u8: 'VLC (.m3u8)', 'mpv-edl': 'mpv (.edl)', youtube: 'YouTube',
  srt: 'SubRip (.srt)', webvtt: 'WebVTT (.vtt)', ffmetadata: 'FFmpeg', 'mkv-chapters': 'Matroska' };

function save({ blob, name }) {
  const link = h('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// Why the files of some videos cannot be taken from: by video.
async function findLost(moments) {
  const causes = new Map();
  for (const id of new Set(moments.map((one) => one.video))) {
    const video = await api.video(id).catch((error) => ({ error: error.message }));
    if (video.missing || !video.media) causes.set(id, video.error || t('missing'));
  }
  return causes;
}

// Saves what can be; returns whether that was anything, and what was left out or rounded.
async function take(moments, kind, handles, signal) {
  const causes = await findLost(moments);
  const lost = moments
    .filter((one) => causes.has(one.video))
    .map((one) => `${one.name || one.title}: ${causes.get(one.video)}`);
  const there = moments.filter((one) => !causes.has(one.video));
  if (there.length === 0) return { saved: false, lost };
  // What a spreadsheet would compute becomes a text.
  const safe = (name) => (kind === 'csv' && /^[=+\-@\t]/.test(name) ? `'${name}` : name);
  const list = there.map(({ video, name, from, to, time, score }) => ({ video, start: from, end: to, time,
    name: name ? safe(name) : undefined, score: score ?? undefined }));
  const clips = clipKinds[kind];
  const answer = await api.makeFile(clips ? 'clips' : 'export',
    { moments: list, handles, ...(clips ? clips[0] : { format: kind }) }, signal);
  save(answer);
  lost.push(...answer.notes.split('\n').filter(Boolean));
  return { saved: true, lost };
}

// A form that takes away the moments of momentsOf(); leave() ends what it does.
export function exportForm(momentsOf) {
  const last = recall('export', {});
  let request = null;
  const group = (label, entries) =>
    h('optgroup', { label }, entries.map(([value, text]) => h('option', { value }, text)));
  const clipNames = Object.entries(clipKinds).map(([name, [, , own]]) => [name, own ?? t(`clip_${name}`)]);
  const clips = group(t('clips'), clipNames);
  const others = [group(t('timelines'), Object.entries(editors)), group(t('lists'), Object.entries(lists))];
  const kind = h('select', { onchange: drawHint }, clips, others);
  const handles = h('input.short', { type: 'number', min: 0, max: 3600, step: 0.5,
    value: last.handles ?? 0 });
  const hint = h('p.hint');
  const bar = h('progress', { hidden: true, aria: t('progress') });
  const said = h('p.export-said', { role: 'status' });
  const lostList = h('ul.lost-list');
  const start = h('button.primary', { type: 'submit' }, icon('save'), t('export'));
  const stop = textButton('close', t('cancel'), () => request.abort(), { hidden: true });

  function drawHint() {
    hint.textContent = t(clipKinds[kind.value]?.[1] ?? 'hintList');
    if (clips.disabled) hint.append(` ${t('noFfmpeg')}`);
  }

  function busy(is) {
    start.hidden = is;
    bar.hidden = stop.hidden = !is;
  }

  async function run(event) {
    event.preventDefault();
    await api.library().catch(() => {}); // closes this if the moments are of another one
    if (!form.closest('dialog').open) return;
    const moments = momentsOf();
    const seconds = Math.min(3600, Math.max(0, Number(handles.value) || 0));
    keep('export', { kind: kind.value, handles: seconds });
    request = new AbortController();
    lostList.replaceChildren();
    said.textContent = t('saving', many('found', moments.length));
    busy(true);
    try {
      const { saved, lost } = await take(moments, kind.value, seconds, request.signal);
      said.textContent = t(!saved ? 'exportedNone' : lost.length > 0 ? 'exportedPart' : 'exported');
      lostList.append(...lost.map((line) => h('li', line)));
    } catch (error) {
      said.textContent = error.name === 'AbortError' ? t('cancelled') : error.message;
    }
    busy(false);
  }

  kind.value = last.kind;
  if (kind.value === '') kind.value = 'exact';
  drawHint();
  api.abilities().then(({ ffmpeg }) => {
    clips.disabled = !ffmpeg;
    if (!ffmpeg && kind.value in clipKinds) kind.value = 'otio';
    drawHint();
  }, () => {});
  const form = h('form.export', { onsubmit: run },
    h('.fields', field(t('exportAs'), kind), field(t('handles'), handles)), hint,
    h('.export-run', start, stop, bar), said, lostList);
  return { form, leave: () => request?.abort() };
}

// The form in a dialog of its own.
export function openExport(momentsOf) {
  const { form, leave } = exportForm(momentsOf);
  openSheet('', t('export'), form, leave);
}
