// SPDX-License-Identifier: MIT
// The page: its parts, and the keys that reach all of them.
import { h, icon, iconButton } from './dom.js';
import { change, current, onChange, readAddress } from './state.js';
import { t } from './strings.js';
import { binSize, onBin, openBin, takeShared } from './bin.js';
import { drawBar, focusBar, makeBar } from './bar.js';
import { gridKey, makeResults } from './results.js';
import { makeHome, makeLibrary } from './library.js';
import { describe } from './api.js';
import { applyTheme, openHelp } from './help.js';
import { playerKey, showPlayer } from './player.js';

applyTheme();
document.getElementById('skip').textContent = t('skip');

const results = makeResults(),
  home = makeHome(),
  library = makeLibrary();
const main = document.getElementById('main');
const badge = h('span', { class: 'badge', 'aria-hidden': 'true' });
const binButton = iconButton('bin', t('bin'), openBin);
binButton.append(badge);
const logo = h(
  'button',
  {
    type: 'button',
    class: 'logo',
    'aria-label': `reelvec, ${t('home')}`,
    onclick: () =>
      change((state) => Object.assign(state, { terms: [], filters: {}, open: null, view: 'search' })),
  },
  h('img', { src: 'page/icon.svg', alt: '', width: 28, height: 28 }),
  h('span', {}, 'reelvec'),
);
const libraryButton = iconButton('library', t('library'), () =>
  change((state) =>
    Object.assign(state, { view: state.view === 'library' ? 'search' : 'library', open: null }),
  ),
);
document
  .getElementById('top')
  .append(
    logo,
    makeBar(),
    h(
      'nav',
      { class: 'tools', 'aria-label': 'reelvec' },
      libraryButton,
      binButton,
      iconButton('help', t('help'), openHelp, { key: '?' }),
    ),
  );

function drawBadge() {
  badge.textContent = binSize() || '';
  binButton.setAttribute('aria-label', binSize() ? `${t('bin')} (${binSize()})` : t('bin'));
}
onBin(drawBadge);
drawBadge();

let view = null;
function show(state) {
  const wanted = state.view === 'library' ? library : state.terms.length > 0 ? results : home;
  drawBar(state);
  libraryButton.setAttribute('aria-pressed', state.view === 'library');
  if (wanted !== view) {
    main.replaceChildren(wanted.element);
    document.body.dataset.view = wanted === library ? 'library' : wanted === home ? 'home' : 'results';
    if (view) window.scrollTo(0, 0);
    if (wanted !== results) {
      wanted.show(state);
      if (wanted === home) results.forget();
    }
    view = wanted;
  }
  if (wanted === results) results.show(state);
  showPlayer(state);
  const words = state.terms
    .filter((term) => term.kind === 'text')
    .map((term) => (term.weight < 0 ? `−${term.value}` : term.value));
  document.title =
    state.view === 'library'
      ? `${t('library')} · reelvec`
      : words.length > 0
        ? `${words.join(', ')} · reelvec`
        : 'reelvec';
}
onChange(show);

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { target } = event;
  const writes = target.matches?.('input:not([type=checkbox]), textarea, select');
  if (writes) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  const dialog = document.querySelector('dialog[open]');
  const presses =
    (event.key === ' ' || event.key === 'Enter') && target.matches?.('button, a, summary, [role=slider]');
  let done = false;
  if (dialog?.classList.contains('player'))
    done = !(presses && !target.matches('[role=slider]')) && playerKey(event);
  else if (!dialog && !presses && view === results) done = gridKey(event);
  if (!done && event.key === '/' && !dialog) done = focusBar() ?? true;
  if (!done && event.key === '?') done = openHelp() ?? true;
  if (done) event.preventDefault();
});

setTimeout(describe, 500); // so that the player need not wait for it
const { shared } = readAddress(location.hash);
show(current());
if (shared) {
  const found = takeShared(shared);
  change(() => {}, { replace: true });
  if (found) openBin();
}
