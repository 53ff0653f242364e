// SPDX-License-Identifier: MIT
// What this browser keeps: recent and saved queries, the bin, and choices. It may refuse to keep anything.

export function recall(name, fallback) {
  try {
    const text = localStorage.getItem(`reelvec.${name}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`reelvec.${name}`, JSON.stringify(value));
  } catch {
    // It is kept as long as the page is open, which is all that can be done.
  }
}
