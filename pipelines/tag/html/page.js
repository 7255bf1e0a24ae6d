/* The page of one file. Everything that it shows is in the page; the film alone comes from beside it. */
const data = JSON.parse (document.getElementById ('labels').textContent);
const ROWS_AT_FIRST = 24;
const MAX_ZOOM = 256;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

const $ = id => document.getElementById (id);
const video = $ ('video');
const rows = data.labels.map (([name, , seconds, share, mean, peak], index) => ({
  index, name: shown (name), folded: fold (name), seconds, share, mean, peak, segments: [], lane: null, bars: [],
}));
for (const [row, start, end, mean, peak] of data.segments)
  rows[row].segments.push ({ row: rows[row], start, end, mean, peak });

const thumbs = [...document.querySelectorAll ('#sheet a')].map (link => ({ link, time: Number (link.dataset.t) }));
const state = { query: '', all: false, zoom: 1, time: 0, playable: true, pending: null, current: null };

/* How long the timeline is, in seconds: the film, where that is known, and all that is on it. */
function span () {
  const known = data.duration || (video && isFinite (video.duration) ? video.duration : 0);
  return Math.max (known, ...data.segments.slice (-1).map (segment => segment[2]), longest, 0.1);
}
const longest = data.segments.reduce ((most, segment) => Math.max (most, segment[2]), 0);

/* ---- time ---- */

function jump (time, play) {
  const to = Math.min (Math.max (time, 0), span ());
  if (state.playable && video.readyState > 0) {
    video.currentTime = to;
    if (play)
      video.play ().catch (() => {});
  } else if (state.playable) {
    state.pending = to;
  }
  show (to);
  try {
    history.replaceState (null, '', '#t=' + Number (to.toFixed (3)));
  } catch (error) {
    /* A browser that will not: then the address stays as it was. */
  }
}

/* Everything that follows the film. */
function show (time) {
  state.time = time;
  $ ('clock').textContent = clock (time, true);
  const head = document.querySelector ('.head');
  if (head)
    head.style.left = Math.min (100, 100 * time / span ()) + '%';

  const active = [];
  for (const row of rows) {
    const segment = row.segments.find (one => one.start <= time && time < one.end);
    if (segment)
      active.push (segment);
    if (row.lane)
      row.lane.classList.toggle ('active', Boolean (segment));
  }
  active.sort ((a, b) => b.mean - a.mean);
  $ ('chips').replaceChildren (...active.slice (0, 6).map (segment =>
    make ('span', { class: 'chip' }, isolated (segment.row.name), make ('b', {}, percent (segment.mean)))));

  const thumb = nearest (time);
  if (thumb !== state.current) {
    if (state.current)
      state.current.link.classList.remove ('current');
    if (thumb)
      thumb.link.classList.add ('current');
    state.current = thumb;
    if (thumb)
      reveal (thumb.link);
  }
  if (!state.playable && thumb && $ ('still'))
    $ ('still').src = thumb.link.querySelector ('img').src;
}

/* The picture of the sheet that is nearest to @time; of two, the one before it. */
function nearest (time) {
  const distance = thumb => Math.abs (thumb.time - time);
  return thumbs.reduce ((best, thumb) => !best || distance (thumb) < distance (best) ? thumb : best, null);
}

/* Scrolls the sheet, and never the page. */
function reveal (link) {
  const sheet = $ ('sheet'), inside = link.getBoundingClientRect (), box = sheet.getBoundingClientRect ();
  if (inside.top < box.top || inside.bottom > box.bottom)
    sheet.scrollTop += inside.top - box.top - 6;
  if (inside.left < box.left || inside.right > box.right)
    sheet.scrollLeft += inside.left - box.left - (box.width - inside.width) / 2;
}

function time_in_address () {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec (location.hash);
  return found ? Number (found[1]) : null;
}

function follow_address () {
  const time = time_in_address ();
  if (time !== null)
    jump (time, false);
}

/* ---- a film that the browser does not play ---- */

function cannot_play () {
  const kind = [data.codec, data.container].filter (Boolean).map (shown).join (', ');
  state.playable = false;
  const still = thumbs.length ? make ('img', { id: 'still', class: 'still', alt: 'The picture nearest to this time' })
    : null;
  $ ('screen').replaceChildren (...(still ? [still] : []));
  $ ('screen').hidden = !still;
  $ ('trouble').textContent = `This browser cannot play the film${kind ? ` (${kind})` : ''}, or it is no longer where ` +
    'this page looks for it. Everything else here works without it: times, labels and small pictures. To watch it, ' +
    'open it in a media player.';
  $ ('trouble').hidden = false;
  show (state.pending === null ? state.time : state.pending);
}

function tell_no_picture () {
  $ ('screen').hidden = true;
  $ ('trouble').textContent = 'This browser cannot show the picture, or it is no longer where this page looks for it. ' +
    'Its labels are below.';
  $ ('trouble').hidden = false;
}

function start_film () {
  const ready = () => {
    if (!video.videoWidth) {
      cannot_play ();
      return;
    }
    video.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
    draw ();
    if (state.pending !== null)
      video.currentTime = state.pending;
    state.pending = null;
  };
  const frame = () => {
    show (video.currentTime);
    if (!video.paused && !video.ended)
      requestAnimationFrame (frame);
  };
  const first = nearest (time_in_address () || 0);
  if (first)
    video.poster = first.link.querySelector ('img').src;
  video.addEventListener ('error', cannot_play);
  video.addEventListener ('loadedmetadata', ready);
  video.addEventListener ('play', frame);
  for (const event of ['timeupdate', 'seeked'])
    video.addEventListener (event, () => show (video.currentTime));
  if (video.error)
    cannot_play ();
  else if (video.readyState > 0)
    ready ();
}

/* ---- the timeline ---- */

function place (element, start, end) {
  element.style.left = `min(${100 * start / span ()}%, 100% - 4px)`;
  if (end !== undefined)
    element.style.width = 100 * (end - start) / span () + '%';
}

function make_bar (segment, number) {
  const words = `${segment.row.name}: ${clock (segment.start, true)} to ${clock (segment.end, true)}, mean ` +
    `${percent (segment.mean)}, peak ${percent (segment.peak)}`;
  const bar = make ('button', { class: 'bar', type: 'button', 'aria-label': words, tabindex: number ? -1 : 0 });
  bar.style.setProperty ('--sure', String (0.2 + 0.8 * segment.mean));
  bar.segment = segment;
  place (bar, segment.start, segment.end);
  return bar;
}

function make_lane (row) {
  const name = make ('div', { class: 'name', title: row.name });
  const track = make ('div', { class: 'track' });
  row.bars = row.segments.map (make_bar);
  track.append (...row.bars);
  row.lane = make ('div', { class: 'lane', role: 'group', 'aria-label': `${row.name}, ${percent (row.share)} of the film` },
    name, track);
  row.lane.row = row;
}

function draw_axis () {
  const track = make ('div', { class: 'track' });
  const width = $ ('lanes').clientWidth - parseFloat (getComputedStyle (document.querySelector ('.over') || $ ('lanes')).left || 0);
  const step = STEPS.find (one => one * width / span () >= 70) || STEPS[STEPS.length - 1];
  for (let i = 0; i * step < span (); i++) {
    const tick = make ('span', { class: 'tick' }, clock (i * step, step < 1));
    place (tick, i * step);
    if (i * step < span () - step / 2)      /* the last one would be cut off */
      track.append (tick);
  }
  return make ('div', { class: 'lane axis', 'aria-hidden': 'true' }, make ('div', { class: 'name' }), track);
}

function draw () {
  const wanted = rows.filter (row => row.folded.includes (state.query));
  const visible = state.all || state.query ? wanted : wanted.slice (0, ROWS_AT_FIRST);
  const lanes = $ ('lanes'), over = make ('div', { class: 'over' }, make ('div', { class: 'head' }));
  lanes.replaceChildren (over);
  for (const row of visible) {
    if (!row.lane)
      make_lane (row);
    for (const bar of row.bars)
      place (bar, bar.segment.start, bar.segment.end);
    row.lane.firstChild.replaceChildren (marked (row.name, state.query), make ('span', {}, percent (row.share)));
  }
  lanes.replaceChildren (draw_axis (), ...visible.map (row => row.lane), over);
  if (!visible.length)
    lanes.append (make ('div', { class: 'none' }, rows.length ? 'No label matches.' : 'Nothing was seen in this film.'));
  $ ('more').hidden = visible.length === wanted.length;
  $ ('more').textContent = `Show all ${wanted.length} labels`;
  $ ('found').textContent = state.query ? `${wanted.length} of ${plural (rows.length, 'label', 'labels')}`
    : plural (rows.length, 'label', 'labels');
  $ ('zoom-out').disabled = state.zoom <= 1;
  $ ('zoom-in').disabled = state.zoom >= MAX_ZOOM;
  show (state.time);
  return wanted;
}

/* The rows, the table and the sheet, to the label searched. */
function search () {
  state.query = fold ($ ('search').value);
  const wanted = new Set (draw ().map (row => row.index));
  for (const line of document.querySelectorAll ('#table tbody tr'))
    line.hidden = !wanted.has (Number (line.dataset.row));
  for (const thumb of thumbs)
    thumb.link.classList.toggle ('out', state.query !== '' && ![...wanted].some (index =>
      rows[index].segments.some (one => one.start <= thumb.time && thumb.time < one.end)));
}

/* What is under the playhead stays where it is. */
function zoom (factor) {
  const timeline = $ ('timeline'), lanes = $ ('lanes');
  state.zoom = Math.min (MAX_ZOOM, Math.max (1, state.zoom * factor));
  lanes.style.setProperty ('--zoom', String (state.zoom));
  draw ();
  const over = document.querySelector ('.over');
  timeline.scrollLeft = over.clientWidth * state.time / span () - (timeline.clientWidth - over.offsetLeft) / 2;
}

/* ---- tooltips ---- */

function show_tip (bar) {
  const segment = bar.segment, tip = $ ('tip'), box = bar.getBoundingClientRect ();
  tip.replaceChildren (make ('b', {}, isolated (segment.row.name)),
    `${clock (segment.start, true)} – ${clock (segment.end, true)} (${(segment.end - segment.start).toFixed (1)} s)`,
    make ('br'), `Mean ${percent (segment.mean)}, peak ${percent (segment.peak)}`);
  tip.hidden = false;
  const left = Math.min (Math.max (box.left, 8), innerWidth - tip.offsetWidth - 8);
  const above = box.top - tip.offsetHeight - 8;
  tip.style.left = Math.max (8, left) + 'px';
  tip.style.top = (above > 8 ? above : box.bottom + 8) + 'px';
}

function hide_tip () {
  $ ('tip').hidden = true;
}

/* ---- hands ---- */

function on_timeline_click (event) {
  const bar = event.target.closest ('.bar'), track = event.target.closest ('.track');
  if (bar) {
    jump (bar.segment.start, false);
  } else if (track) {
    const box = track.getBoundingClientRect ();
    jump (span () * (event.clientX - box.left) / box.width, false);
  }
}

/* Left and right within a row, up and down to the nearest segment of the next one. */
function on_timeline_key (event) {
  const bar = event.target.closest ('.bar');
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!bar || !step)
    return;
  event.preventDefault ();
  const row = bar.segment.row;
  if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
    focus_bar (row.bars[row.bars.indexOf (bar) + step]);
    return;
  }
  let lane = row.lane;
  do
    lane = step > 0 ? lane.nextElementSibling : lane.previousElementSibling;
  while (lane && (!lane.row || !lane.row.bars.length));
  if (lane)
    focus_bar (lane.row.bars.reduce ((best, one) => Math.abs (one.segment.start - bar.segment.start) <
      Math.abs (best.segment.start - bar.segment.start) ? one : best));
}

function focus_bar (bar) {
  if (!bar)
    return;
  for (const other of bar.segment.row.bars)
    other.tabIndex = other === bar ? 0 : -1;
  bar.focus ();
}

function on_key (event) {
  if (event.key === 'Escape')
    hide_tip ();
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest ('input'))
    return;
  event.preventDefault ();
  $ ('search').focus ();
}

/* Links into the film lead, without this, to the film by itself. */
function on_click (event) {
  const link = event.target.closest ('a[data-t]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault ();
  jump (Number (link.dataset.t), false);
  if (link.closest ('#table'))
    $ ('screen').scrollIntoView ({ block: 'nearest' });
}

function start () {
  const table = $ ('table');
  table.open = false;
  addEventListener ('beforeprint', () => { table.open = true; });
  $ ('timeline-card').hidden = false;
  $ ('now').hidden = false;
  document.querySelector ('.sheet-card').hidden = !thumbs.length;
  document.querySelector ('.top').classList.toggle ('alone', !thumbs.length);
  $ ('search').addEventListener ('input', search);
  $ ('more').addEventListener ('click', () => { state.all = true; draw (); });
  $ ('zoom-in').addEventListener ('click', () => zoom (2));
  $ ('zoom-out').addEventListener ('click', () => zoom (1 / 2));
  const timeline = $ ('timeline');
  timeline.addEventListener ('click', on_timeline_click);
  timeline.addEventListener ('keydown', on_timeline_key);
  for (const event of ['pointerover', 'focusin'])
    timeline.addEventListener (event, one => {
      const bar = one.target.closest ('.bar');
      if (bar)
        show_tip (bar);
      else
        hide_tip ();
    });
  for (const event of ['pointerleave', 'focusout', 'scroll'])
    timeline.addEventListener (event, hide_tip);
  addEventListener ('scroll', hide_tip, { passive: true });
  addEventListener ('resize', draw);
  addEventListener ('hashchange', follow_address);
  document.addEventListener ('click', on_click);
  document.addEventListener ('keydown', on_key);
  draw ();
  start_film ();
  follow_address ();
}

if (video) {
  start ();
} else {
  const picture = $ ('picture');
  picture.addEventListener ('error', tell_no_picture);
  if (picture.complete && !picture.naturalWidth)
    tell_no_picture ();
}
