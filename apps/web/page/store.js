// SPDX-License-Identifier: MIT
// What this browser keeps: recent and saved queries, the bin, and choices. It may refuse to keep anything.

const base = new URL('..', import.meta.url);

// Queries and the bin name videos by number: they are those of one library.
const keyOf = (name) => `reelvec.${name}` + (['bin', 'recent', 'saved'].includes(name) ? ` ${library}` : '');

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

// Which library is served here now; '': none, as far as is known.
export let library = '';

// Takes it from what the server says of it. Returns whether another one was served before.
export function noteLibrary({ state, id, name }) {
  const before = library;
  if (state !== 'absent') library = id ?? name ?? '';
  if (library !== before) dispatchEvent(new Event('storage')); // what is kept is that of the new one
  return before !== '' && library !== before;
}

await fetch(new URL('api/v1/library', base), { signal: AbortSignal.timeout(4000) })
  .then((answer) => answer.json())
  .then(noteLibrary, () => {});
