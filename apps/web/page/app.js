// SPDX-License-Identifier: MIT
// The page: its parts, and the keys that reach all of them.
import { h, iconButton, toast } from './dom.js';
import { change, current, onChange } from './state.js';
import { t } from './strings.js';
import { binSize, offerShared, onBin, openBin } from './bin.js';
import { drawBar, focusBar, makeBar } from './bar.js';
import { gridKey, makeResults } from './results.js';
import { makeHome } from './home.js';
import { makeLibrary } from './library.js';
import { applyTheme, openHelp } from './help.js';
import { playerKey, showPlayer } from './player.js';

applyTheme();
document.getElementById('skip').textContent = t('skip');

const results = makeResults(), home = makeHome(), library = makeLibrary();
const main = document.getElementById('main');
const badge = h('span.badge', { 'aria-hidden': 'true' });
const binButton = iconButton('bin', openBin);
binButton.append(badge);
const goHome = () => change({ terms: [], filters: {}, open: null, view: 'search' });
const logo = h('button.logo', { aria: `reelvec, ${t('home')}`, onclick: goHome },
  h('img', { src: 'page/icon.svg', alt: '', width: 28, height: 28 }), h('span', 'reelvec'));
const libraryButton = iconButton('library', () =>
  change({ view: current().view === 'library' ? 'search' : 'library', open: null }));
const top = document.getElementById('top');
top.append(logo, makeBar(),
  h('nav.tools', { aria: 'reelvec' }, libraryButton, binButton, iconButton('help', openHelp, { key: '?' })));

function drawBadge() {
  badge.textContent = binSize() || '';
  binButton.ariaLabel = binSize() ? `${t('bin')} (${binSize()})` : t('bin');
}
onBin(drawBadge);
drawBadge();

let view = null;
function show(state) {
  const wanted = state.view === 'library' ? library : state.terms.length > 0 ? results : home;
  drawBar(state);
  libraryButton.ariaPressed = state.view === 'library';
  if (wanted !== view || state.foreign) {
    main.replaceChildren(wanted.element);
    if (view) scrollTo(0, 0);
    if (wanted === home || state.foreign) results.forget();
    if (wanted !== results) wanted.show();
    view = wanted;
  }
  if (state.foreign) {
    for (const sheet of document.querySelectorAll('.sheet')) sheet.close();
    toast(t(state.foreign));
  }
  if (wanted === results) results.show(state);
  showPlayer(state);
  const words = state.terms.filter((term) => term.kind === 'text').map((term) => term.value);
  const shown = wanted === library ? t('library') : words.join(', ');
  document.title = shown === '' ? 'reelvec' : `${shown} · reelvec`;
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
  const dialog = [...document.querySelectorAll('dialog[open]')].pop();
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

const { shared } = current();
show(current());
if (shared) {
  change({}, { replace: true });
  offerShared(shared);
}
