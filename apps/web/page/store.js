// SPDX-License-Identifier: MIT
// What this browser keeps: recent and saved queries, the bin, and choices. It may refuse to keep anything.

const base = new URL('..', import.meta.url);

// Queries and the bin name videos by number: they are those of the library of that name.
const keyOf = (name) =>
  `reelvec.${name}` + (['bin', 'recent', 'saved'].includes(name) ? ` ${base.pathname} ${library}` : '');

export function recall(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(name))) ?? fallback;
  } catch {
    return fallback;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch {
    // It is kept as long as the page is open, which is all that can be done.
  }
}

// The name of the library that is served here now.
export const library = await fetch(new URL('api/v1/library', base), { signal: AbortSignal.timeout(4000) })
  .then((answer) => answer.json())
  .then(({ name }) => name ?? '', () => '');
