// SPDX-License-Identifier: MIT
// The server's interface. Addresses are relative, so a base path needs no configuration.
import { noteLibrary } from './store.js';
import { t } from './strings.js';

const root = new URL('../api/v1/', import.meta.url);
const at = (path) => new URL(path, root).href;

// Texts of codes. Below those of the second list stands what the server says, which is in English.
const says = { too_large: 'bigPicture', no_model: 'noModel', no_such_picture: 'goneTerm',
  no_ffmpeg: 'noFfmpeg', cursor_expired: 'changed', no_such_folder: 'noFolder', no_such_video: 'noVideo',
  no_such_frame: 'noVideo', file_gone: 'missing', no_terms: 'sayWhat', bad_part: 'manyParts',
  token_required: 'token', library_gone: 'noLibrary' };
const heads = { no_picture: 'badPicture', timeout: 'tooSlow', bad_argument: 'badQuery',
  bad_parameter: 'badQuery', list_videos: 'noMatch', verify: 'damaged' };

// busy: the same may be asked again after wait_s.
function failure({ status, statusText, headers }, { code, hint, message = statusText } = {}) {
  const busy = status === 429 || status === 503;
  const head = heads[hint] ?? heads[code] ?? (busy ? 'busy' : 'cannot');
  const text = says[code] ? t(says[code]) : `${t(head)}\n${message}`;
  return Object.assign(new Error(text), { status, code, busy, wait_s: Number(headers.get('Retry-After')) || 2 });
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw Object.assign(new Error(t('unreachable')), { status: 0 });
  }
  if (response.ok) return response;
  throw failure(response, (await response.json().catch(() => ({}))).error);
}

const json = async (path, options) => (await ask(path, options)).json();

const post = (value, signal) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value), signal });

export async function library() {
  const info = await json('library');
  if (noteLibrary(info)) dispatchEvent(new Event('library'));
  return info;
}

// What the server can do; asked once.
let able = null;
export function abilities() {
  able ??= library().then((info) => info.capabilities);
  able.catch(() => (able = null));
  return able;
}

// Parameters that are empty are not sent.
const words = (parameters) =>
  new URLSearchParams(Object.entries(parameters).filter(([, value]) => value || value === 0));
export const videos = (parameters) => json(`videos?${words(parameters)}`);
export const video = (id) => json(`videos/${id}`);

// A term of the address as one of the interface.
function termOf(term) {
  const out = term.weight === 1 ? {} : { weight: term.weight };
  if (term.kind !== 'frame') return { ...out, [term.kind]: term.value };
  const [id, time] = term.value.split('@');
  return { ...out, frame: { video: Number(id), time: Number(time) } };
}

export function queryOf(state) {
  const { filters } = state;
  const query = { terms: state.terms.map(termOf), moments: true, top: 5000 };
  if (state.terms.some((term) => term.then)) {
    let part = 0;
    state.terms.forEach(({ then }, at) => (query.terms[at].part = part += Number(then)));
    delete query.moments;
    if (filters.within) query.within = Number(filters.within);
  }
  for (const name of ['after', 'before', 'min_score', 'video'])
    if (filters[name]) query[name] = Number(filters[name]);
  if (filters.videos && !filters.video) {
    query.videos = /[*?[]/.test(filters.videos) ? filters.videos : `*${filters.videos}*`;
  }
  if (filters.fusion) query.fusion = filters.fusion;
  if (filters.group === 'video') Object.assign(query, { group: 'video', per_video: 12 });
  return query;
}

export const search = (query, signal) => json('search', post(query, signal));

// Score of every stored frame of one video: {times, scores}; of a sequence the best part's.
export async function scoresOf(state, id, signal) {
  const { terms, fusion } = queryOf({ ...state, filters: { fusion: state.filters.fusion } });
  const last = Math.max(...terms.map((term) => term.part ?? 0));
  const [first, ...rest] = await Promise.all(Array.from({ length: last + 1 }, (_, part) =>
    json(`videos/${id}/scores`, post({ terms, fusion, part: part || undefined }, signal))));
  return { times: first.times,
    scores: first.scores.map((score, at) => Math.max(score, ...rest.map((one) => one.scores[at] ?? score))) };
}

export async function frames(id, from, to) {
  const found = { times: [], numbers: [], pattern: '' };
  let after = null;
  do {
    const page = await json(`videos/${id}/frames?${words({ from, to, after, limit: 20000 })}`);
    found.times.push(...page.times);
    found.numbers.push(...page.numbers);
    found.pattern = page.picture;
    after = page.next;
  } while (after !== null && found.times.length < 200000);
  return found;
}
export const sheet = (id, words) => json(`videos/${id}/sprite.json?${words}`);

export const upload = (blob) => json('pictures', { method: 'POST',
  headers: { 'Content-Type': blob.type || 'application/octet-stream' }, body: blob });
export const pictureAddress = (sha256) => at(`pictures/${sha256}`);
export const mediaAddress = (id) => at(`videos/${id}/media`);
export const playAddress = (id, mode, time, height) =>
  at(`videos/${id}/play?${words({ mode, height, t: time.toFixed(3) })}`);

// Why a video does not come, as an error; null if it does. A video element does not tell.
export const causeOf = (address, signal) =>
  ask(address, { signal }).then((answer) => (answer.body.cancel(), null), (error) => error);

// A file that the server makes of moments.
export async function makeFile(path, value, signal) {
  const response = await ask(path, post(value, signal));
  const named = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get('Content-Disposition'));
  return { name: decodeURIComponent(named?.[1] ?? path),
    notes: decodeURIComponent(response.headers.get('Reelvec-Notes') ?? ''), blob: await response.blob() };
}

export const jobs = async () => (await json('jobs')).jobs;
export const startJob = (wish) => json('jobs', post(wish));
export const endJob = (id) => ask(`jobs/${id}`, { method: 'DELETE' });

// Tells of a job until it has ended (null: it is forgotten), or the function that is returned is called.
export function watchJob(id, tell) {
  const source = new EventSource(at(`jobs/${id}/events`));
  for (const name of ['progress', 'end']) {
    source.addEventListener(name, (event) => {
      if (name === 'end') source.close(); // or it would ask again
      tell(JSON.parse(event.data));
    });
  }
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && tell(null));
  return () => source.close();
}
