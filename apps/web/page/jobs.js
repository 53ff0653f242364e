// SPDX-License-Identifier: MIT
// Index jobs: a folder is added, its progress is watched, what failed is named.
import { dotted, field, choice, h, iconButton, textButton, toast } from './dom.js';
import { forgetFrames } from './frames.js';
import { count, many, t } from './strings.js';
import * as api from './api.js';

const REFRESH_MS = 1500; // of what is shown beside the jobs

const tell = (error) => toast(error.message);
const hasEnded = (job) => job.ended !== null;

function line(job) {
  const { total, done, unchanged, failed } = job.videos;
  return dotted(t(`job_${job.state}`), total > 0 && t('hitOf', count(done), count(total)),
    unchanged > 0 && t('unchanged', count(unchanged)), failed > 0 && t('someFailed', count(failed)),
    job.frames > 0 && many('frames', job.frames));
}

// 0 to 1; null as long as it is not known.
function part(job) {
  if (job.videos.total === 0) return null;
  const going = (one) => one.frames_expected > 0 && Math.min(1, one.frames / one.frames_expected);
  return job.now.reduce((sum, one) => sum + going(one), job.videos.done) / job.videos.total;
}

// changed() is called now and then, when there are more videos or frames.
export function makeJobs(changed) {
  const list = h('ul.jobs');
  const older = h('p.quiet');
  const fold = h('li.job', h('.job-head', older,
    iconButton('close', () => end(shown.filter(hasEnded)), { label: t('clear') })));
  const place = h('div');
  const element = h('.adding', place, list);
  let roots = [], shown = [], leave = null, timer = 0, turn = 0;

  // A row stays while its job goes on, so that its button can be pressed.
  function rowOf(job, key) {
    const bar = h('progress', { aria: t('progress'), hidden: hasEnded(job) });
    const facts = h('.job-facts');
    const button = hasEnded(job) ? iconButton('close', () => end([job]))
      : textButton('close', t('cancel'), () => end([job]));
    const name = [roots.find((one) => one.id === job.root)?.name, job.folder].filter(Boolean).join('/');
    const row = h('li.job', { 'data-key': key }, h('.job-head', h('strong', name), button), bar, facts);
    row.update = (now) => {
      if (part(now) !== null) bar.value = part(now);
      facts.replaceChildren(h('p.quiet', line(now)),
        ...now.now.map((one) =>
          h('p.hint', one.video, one.frames_expected > 0 &&
            ` · ${t('hitOf', count(one.frames), count(one.frames_expected))}`)),
        now.error ? h('p.video-error', now.error) : '', now.failures.length > 0 ? failures(now) : '');
    };
    return row;
  }

  // A message begins with the file's whole path, as a rule.
  function cause({ video, message }) {
    const at = message.indexOf(`${video}: `);
    return h('li', at < 0 ? `${video}: ${message}` : message.slice(at));
  }

  function failures(job) {
    return h('.failures', h('ul.lost-list', job.failures.map(cause)),
      hasEnded(job) && [h('p.hint', t('failedHint')),
        textButton('loop', t('again'), () => start({ ...job, retry_failed: true }))]);
  }

  // What ended before the last one that has is one line.
  function draw() {
    const before = [...list.children];
    const ended = shown.filter(hasEnded).slice(1);
    const rows = shown.filter((job) => !ended.includes(job)).map((job) => {
      const key = `${job.id} ${hasEnded(job)}`;
      const row = before.find((one) => one.dataset.key === key) ?? rowOf(job, key);
      const seen = JSON.stringify(job);
      if (row.seen !== seen) row.update(job);
      row.seen = seen;
      return row;
    });
    older.textContent = t('endedBefore', count(ended.length));
    if (ended.length > 0) rows.push(fold);
    if (rows.length !== before.length || rows.some((row, at) => row !== before[at])) list.replaceChildren(...rows);
  }

  function stop() {
    leave?.();
    leave = null;
  }

  async function refresh() {
    const own = ++turn;
    stop();
    const jobs = await api.jobs().catch(() => []);
    if (own !== turn) return;
    shown = jobs;
    draw();
    // One connection: jobs run one after the other, the oldest first.
    const next = shown.findLast((job) => !hasEnded(job));
    if (next && list.isConnected) leave = api.watchJob(next.id, progress);
  }

  function progress(job) {
    if (!list.isConnected) return stop();
    if (job) {
      shown = shown.map((one) => (one.id === job.id ? job : one));
      draw();
    } else leave = null; // show() asks again, after changed()
    if (job && hasEnded(job)) refresh();
    timer ||= setTimeout(() => {
      timer = 0;
      forgetFrames();
      changed();
    }, REFRESH_MS);
  }

  async function start({ root, folder, every, retry_failed }) {
    await api.startJob({ root, folder, every, retry_failed }).then(refresh, tell);
  }

  async function end(jobs) {
    for (const { id } of jobs) await api.endJob(id).catch(tell);
    await refresh();
  }

  function form() {
    const root = choice(roots.map(({ id, name }) => [id, name]), roots[0].id);
    const folder = h('input', { placeholder: t('all'), autocapitalize: 'off', spellcheck: 'false' });
    const every = h('input', { type: 'number', value: 1, min: 0.01, max: 3600, step: 'any', class: 'short' });
    const onsubmit = (event) => {
      event.preventDefault();
      start({ root: Number(root.value), folder: folder.value.trim(), every: Number(every.value) || 1 });
    };
    return h('form.add', { onsubmit }, field(t('mediaRoot'), root), field(t('folder'), folder),
      field(t('everySeconds'), every), h('button.primary', { type: 'submit' }, t('addFolder')));
  }

  return {
    element,
    list,
    // info: of the library.
    show(info) {
      const found = info.model.name === null ? [] : info.capabilities.media_roots;
      if (JSON.stringify(found) !== JSON.stringify(roots)) {
        roots = found;
        place.replaceChildren(roots.length > 0 ? form() : '');
      }
      if (roots.length > 0 && !leave) refresh();
    },
  };
}
