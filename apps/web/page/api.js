// SPDX-License-Identifier: MIT
// The server's interface. Addresses are relative, so a base path needs no configuration.

const root = new URL('../api/v1/', import.meta.url);

export class Failure extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status; // 0: no answer
    this.code = code;
  }
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(new URL(path, root), options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure(0, 'unreachable', '');
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Failure(
    response.status,
    answer.error?.code ?? 'failed',
    answer.error?.message ?? response.statusText,
  );
}

async function json(path, options) {
  return (await ask(path, options)).json();
}

function post(path, value, signal) {
  return ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
    signal,
  });
}

// What the server can do is what its description names.
let description = null;
export async function describe() {
  description ??= json('openapi.json').catch(() => ({ paths: {}, components: { schemas: {} } }));
  return description;
}
export const can = async (path) => `/api/v1/${path}` in (await describe()).paths;
export async function knows(schema, member) {
  return (await describe()).components.schemas[schema]?.properties?.[member] ?? null;
}

export const library = () => json('library');
export const videos = (parameters) => json(`videos?${new URLSearchParams(parameters)}`);
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
  let part = 0;
  if (state.terms.some((term) => term.then)) {
    state.terms.forEach((term, at) => {
      part += term.then && at > 0 ? 1 : 0;
      query.terms[at].part = part;
    });
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

export async function search(query, signal) {
  return (await post('search', query, signal)).json();
}

// Score of every stored frame of one video: {times, scores}, ascending in time. Of a sequence the best
// part's.
export async function scoresOf(state, id, signal) {
  const { terms, fusion } = queryOf({ ...state, filters: { fusion: state.filters.fusion } });
  const last = Math.max(...terms.map((term) => term.part ?? 0));
  const answers = await Promise.all(
    Array.from({ length: last + 1 }, async (_, part) =>
      (
        await post(
          `videos/${id}/scores`,
          { terms, ...(fusion && { fusion }), ...(part > 0 && { part }) },
          signal,
        )
      ).json(),
    ),
  );
  const [first, ...rest] = answers;
  return {
    times: first.times,
    scores: first.scores.map((score, at) => Math.max(score, ...rest.map((one) => one.scores[at] ?? score))),
  };
}

// Stored frames of a stretch: {times, pictures(index)}; kept, since they never change under an id.
const stretches = new Map();
export function framesOf(id, from = null, to = null) {
  const key = `${id} ${from} ${to}`;
  if (!stretches.has(key)) {
    const found = readFrames(id, from, to);
    found.catch(() => stretches.delete(key));
    stretches.set(key, found);
    if (stretches.size > 500) stretches.delete(stretches.keys().next().value);
  }
  return stretches.get(key);
}

async function readFrames(id, from, to) {
  const frames = { times: [], numbers: [], pattern: '' };
  let after = null;
  do {
    const words = new URLSearchParams();
    if (from !== null) words.set('from', from);
    if (to !== null) words.set('to', to);
    if (after !== null) words.set('after', after);
    const page = await json(`videos/${id}/frames?${words}`);
    frames.times.push(...page.times);
    frames.numbers.push(...page.numbers);
    frames.pattern = page.picture;
    after = page.next;
  } while (after !== null && frames.times.length < 200000);
  return frames;
}

// The stored picture that was last at a time: {time, address}, or null.
export function pictureAt(frames, time) {
  if (!frames || frames.times.length === 0) return null;
  let low = 0,
    high = frames.times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (frames.times[middle] <= time + 1e-3) low = middle;
    else high = middle - 1;
  }
  if (low + 1 < frames.times.length && frames.times[low + 1] - time < time - frames.times[low]) low++;
  return {
    time: frames.times[low],
    number: frames.numbers[low],
    address: frames.pattern.replace('{number}', frames.numbers[low]),
  };
}

export async function upload(blob) {
  return (
    await ask('pictures', {
      method: 'POST',
      headers: { 'Content-Type': blob.type || 'application/octet-stream' },
      body: blob,
    })
  ).json();
}
export const pictureAddress = (sha256) => new URL(`pictures/${sha256}`, root).href;
export const mediaAddress = (id) => new URL(`videos/${id}/media`, root).href;
export const playAddress = (id, mode, time) =>
  new URL(`videos/${id}/play?mode=${mode}&t=${time.toFixed(3)}`, root).href;

// Formats of cut lists that the server writes; none if it cannot.
export async function exportFormats() {
  if (!(await can('export'))) return [];
  return (await knows('Export', 'format'))?.enum ?? [];
}
export async function exportMoments(format, moments) {
  const response = await post('export', { format, moments });
  const named = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(response.headers.get('Content-Disposition') ?? '');
  return { blob: await response.blob(), name: named ? decodeURIComponent(named[1]) : `moments.${format}` };
}
