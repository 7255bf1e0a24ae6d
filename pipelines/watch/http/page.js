'use strict';

/* The page of `convnext watch`: what the server knows to begin with, and then each change as it is told. */
const HOUR = 3600;                      /* seconds */
const LEAST_WIDTH = 4;                  /* of a stretch on the timeline, in seconds, so that it is seen */
const MOST_RECENT = 4;
const COLOURS = 8;
const SVG = 'http://www.w3.org/2000/svg';
/* Characters that turn the reading direction, or that nobody sees, would make a name read as another one. */
const MISLEADING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const WORDS = { connecting: 'connecting', connected: 'live', reconnecting: 'reconnecting', ended: 'ended' };

const $ = id => document.getElementById (id);
const cards = new Map ();               /* by the camera's name */
let ahead = 0;                          /* ms that the server's clock is before this one's */
let source = null, timer = 0;

function shown (text) {
  return String (text).replace (MISLEADING, '\ufffd');
}

function make (tag, attributes, ...children) {
  const element = document.createElement (tag);
  for (const [name, value] of Object.entries (attributes || {}))
    element.setAttribute (name, value);
  element.append (...children);
  return element;
}

function draw (tag, attributes) {
  const element = document.createElementNS (SVG, tag);
  for (const [name, value] of Object.entries (attributes))
    element.setAttribute (name, value);
  return element;
}

function percent (share) {
  const whole = Math.round (share * 100);
  return whole === 0 && share > 0 ? '<1%' : whole + '%';
}

function clock (time) {
  return new Date (time).toLocaleTimeString ([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

/* On the server's clock. */
function now () {
  return Date.now () + ahead;
}

/* 5 s, 3 min, 2 h 05 min, 4 days */
function span (seconds) {
  const minutes = Math.floor (seconds / 60), hours = Math.floor (minutes / 60);
  if (seconds < 60)
    return `${Math.max (0, Math.floor (seconds))} s`;
  if (hours < 1)
    return `${minutes} min`;
  return hours < 48 ? `${hours} h ${String (minutes % 60).padStart (2, '0')} min` : `${Math.floor (hours / 24)} days`;
}

/* ---- a card ---- */

function add_card (name) {
  const element = $ ('card').content.firstElementChild.cloneNode (true);
  const card = { name, element, events: [], colours: new Map (), labels: [], fetching: false, again: false, url: null };
  card.part = chooser => element.querySelector (chooser);
  card.part ('.name').textContent = shown (name);
  element.setAttribute ('aria-label', `Camera ${shown (name)}`);
  element.dataset.camera = name;
  card.part ('.hour svg').addEventListener ('pointermove', event => show_tip (card, event));
  card.part ('.hour svg').addEventListener ('pointerleave', () => { card.part ('.tip').hidden = true; });
  cards.set (name, card);
  $ ('cards').append (element);
  return card;
}

function remove_card (name) {
  const card = cards.get (name);
  if (!card)
    return;
  if (card.url)
    URL.revokeObjectURL (card.url);
  card.element.remove ();
  cards.delete (name);
}

function draw_state (card) {
  const { state, since, trouble } = card, word = WORDS[state] || state;
  const away = state === 'reconnecting' || state === 'ended';
  const long = since ? span ((now () - Date.parse (since)) / 1000) : '';
  card.element.dataset.state = state;
  card.part ('.state .word').textContent = state === 'connected' || !long ? word : `${word} · ${long}`;
  card.part ('.why').hidden = !away;
  card.part ('.why').textContent = !away ? '' : (state === 'ended' ? 'Ended at ' : 'Reconnecting since ') +
    (since ? clock (since) : 'a while') + (trouble ? `: ${shown (trouble)}` : '');
}

function set_state (card, data, aloud) {
  const changed = card.state !== data.state;
  Object.assign (card, { state: data.state, since: data.since, trouble: data.trouble });
  card.part ('.source').textContent = card.part ('.source').title = shown (data.source);
  draw_state (card);
  if (aloud && changed)
    $ ('said').textContent = `Camera ${shown (card.name)}: ${WORDS[data.state] || data.state}` +
      (data.state === 'reconnecting' && data.trouble ? `, ${shown (data.trouble)}` : '');
}

function set_labels (card, labels) {
  card.labels = labels;
  card.part ('.labels').replaceChildren (...labels.map (({ label, confidence }) => {
    const bar = draw ('svg', { 'aria-hidden': 'true', preserveAspectRatio: 'none', viewBox: '0 0 100 1' });
    bar.append (draw ('rect', { width: 100 * confidence, height: 1 }));
    return make ('li', { title: shown (label) }, bar, make ('bdi', {}, shown (label)), make ('b', {}, percent (confidence)));
  }));
  if (!labels.length)
    card.part ('.labels').append (make ('li', { class: 'nothing' }, 'nothing that it is sure of'));
  const seen = labels.length ? `: ${labels.map (one => shown (one.label)).join (', ')}` : '';
  card.part ('img').alt = `What camera ${shown (card.name)} sees${seen}`;
}

function set_counts (card, data) {
  for (const rate of ['frame-rate', 'classify-rate'])
    card.part ('.' + rate).textContent = data[rate].toFixed (1);
  for (const count of ['errors', 'reconnects'])
    card.part ('.' + count).textContent = data[count].toLocaleString ('en');
}

/* The newest one, and never two at a time: a slow network skips some. */
async function fetch_picture (card) {
  card.again = card.fetching || document.hidden;
  if (card.again)
    return;
  card.fetching = true;
  try {
    const answer = await fetch (`cameras/${encodeURIComponent (card.name)}/picture`, { cache: 'no-cache' });
    if (answer.ok) {
      const url = URL.createObjectURL (await answer.blob ()), image = card.part ('img');
      image.src = url;
      await image.decode ().catch (() => {});
      image.hidden = !image.naturalWidth;
      card.part ('.no-picture').hidden = !image.hidden;
      if (card.url)
        URL.revokeObjectURL (card.url);
      card.url = url;
    }
  } catch (error) {
    /* The stream tells that the server is away. */
  }
  card.fetching = false;
  if (card.again && cards.get (card.name) === card)
    fetch_picture (card);
}

/* ---- the last hour ---- */

/* A label keeps its colour for as long as the page is open; a name tells them apart for whom colours do not. */
function colour (card, label) {
  if (!card.colours.has (label))
    card.colours.set (label, card.colours.size % COLOURS);
  return 'fill' + card.colours.get (label);
}

/* [{ label, start, end }], in seconds of the hour that ends now. */
function stretches (card) {
  const begin = now () - HOUR * 1000, found = [];
  const at = time => Math.min (HOUR, Math.max (0, (Date.parse (time) - begin) / 1000));
  const events = card.events.filter (event => Date.parse (event.time) >= begin);
  let label = events.length ? events[0].before : card.labels.length ? card.labels[0].label : null, start = 0;
  if (!events.length && card.events.length)
    label = card.events[card.events.length - 1].label;
  for (const event of events) {
    found.push ({ label, start, end: at (event.time) });
    ({ label } = event);
    start = at (event.time);
  }
  found.push ({ label, start, end: HOUR });
  return found.filter (one => one.label !== null && one.end > one.start);
}

function draw_hour (card) {
  const all = stretches (card), svg = card.part ('.hour svg'), shares = new Map ();
  svg.replaceChildren (...all.map (({ label, start, end }) => {
    shares.set (label, (shares.get (label) || 0) + end - start);
    return draw ('rect', { x: start, y: 0, height: 26, width: Math.max (LEAST_WIDTH, end - start), class: colour (card, label) });
  }));
  const most = [...shares].sort ((a, b) => b[1] - a[1]);
  svg.setAttribute ('aria-label', 'The last hour: ' + (most.slice (0, 5).map (([label, seconds]) =>
    `${shown (label)} for ${span (seconds)}`).join (', ') || 'nothing'));
  card.part ('.recent').replaceChildren (...most.slice (0, MOST_RECENT).map (([label, seconds]) => {
    const key = draw ('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' });
    key.append (draw ('rect', { width: 10, height: 10, rx: 2, class: colour (card, label) }));
    return make ('li', { title: shown (label) }, key, make ('bdi', {}, shown (label)), make ('span', {}, span (seconds)));
  }));
}

function show_tip (card, event) {
  const box = event.currentTarget.getBoundingClientRect (), tip = card.part ('.tip');
  const second = HOUR * (event.clientX - box.left) / box.width;
  const found = stretches (card).find (one => one.start <= second && second < Math.max (one.end, one.start + LEAST_WIDTH));
  tip.hidden = !found;
  if (!found)
    return;
  const begin = now () - HOUR * 1000;
  tip.textContent = `${shown (found.label)}, ${clock (begin + found.start * 1000)} – ${clock (begin + found.end * 1000)}`;
  tip.style.left = Math.max (0, Math.min (event.clientX - box.left - tip.offsetWidth / 2, box.width - tip.offsetWidth)) + 'px';
}

function add_event (card, event) {
  if (card.events.some (one => one.number === event.number))
    return;
  card.events.push (event);
  card.events = card.events.filter (one => Date.parse (one.time) >= now () - HOUR * 1000 || one === event);
  draw_hour (card);
}

async function fetch_hour (card) {
  try {
    const answer = await fetch (`cameras/${encodeURIComponent (card.name)}/events`, { cache: 'no-store' });
    if (!answer.ok)
      return;
    const told = (await answer.json ()).events, last = told.length ? told[told.length - 1].number : 0;
    card.events = told.concat (card.events.filter (one => one.fresh && one.number > last));
  } catch (error) {
    return;
  }
  draw_hour (card);
}

/* ---- what is told ---- */

function set_facts (data) {
  const count = `${data.cameras.length} ${data.cameras.length === 1 ? 'camera' : 'cameras'}`;
  const facts = [count, data.model, data.device, data.precision].filter (Boolean);
  $ ('facts').replaceChildren (...facts.map (fact => make ('li', {}, shown (fact))));
  $ ('none').hidden = data.cameras.length > 0;
}

function set_all (data) {
  const names = new Set (data.cameras.map (camera => camera.name));
  for (const name of [...cards.keys ()])
    if (!names.has (name))
      remove_card (name);
  for (const camera of data.cameras) {
    const card = cards.get (camera.name) || add_card (camera.name);
    card.events = [];
    set_state (card, camera, false);
    set_labels (card, camera.labels);
    set_counts (card, camera);
    if (camera.picture)
      fetch_picture (card);
    fetch_hour (card);
  }
  set_facts (data);
}

const told = {
  cameras: data => set_all (data),
  removed: data => {
    remove_card (data.camera);
    $ ('none').hidden = cards.size > 0;
  },
  state: (data, card) => set_state (card, data, true),
  labels: (data, card) => set_labels (card, data.labels),
  picture: (data, card) => fetch_picture (card),
  counts: (data, card) => set_counts (card, data),
  event: (data, card) => add_event (card, { ...data, fresh: true }),
};

function set_link (state, words) {
  $ ('link').dataset.state = state;
  $ ('link-text').textContent = words;
  $ ('lost').hidden = state !== 'lost';
}

function listen () {
  source = new EventSource ('events');
  for (const [name, hear] of Object.entries (told))
    source.addEventListener (name, event => {
      const data = JSON.parse (event.data), card = cards.get (data.camera);
      set_link ('live', 'live');
      if (card || name === 'cameras' || name === 'removed')
        hear (data, card);
    });
  source.onerror = () => {
    set_link ('lost', 'no connection');
    if (source.readyState === EventSource.CLOSED)       /* it was refused: the browser does not try again by itself */
      timer = setTimeout (listen, 5000);
  };
}

/* How far the server's clock is from this one, to a second. */
async function set_clock () {
  const answer = await fetch ('healthz', { cache: 'no-store' }).catch (() => null);
  const date = answer && Date.parse (answer.headers.get ('Date'));
  if (date && Math.abs (date - Date.now ()) > 2000)
    ahead = date - Date.now ();
}

function start () {
  if (new URLSearchParams (location.search).has ('token'))      /* the cookie has it from now on */
    history.replaceState (null, '', location.pathname);
  document.addEventListener ('visibilitychange', () => {
    for (const card of cards.values ())
      if (!document.hidden && card.again)
        fetch_picture (card);
  });
  /* A page that was left may be kept, and with it one of the few connections that a browser has to a server. */
  addEventListener ('pagehide', () => { source.close (); clearTimeout (timer); });
  addEventListener ('pageshow', event => {
    if (event.persisted)
      listen ();
  });
  setInterval (() => cards.forEach (draw_state), 1000);
  setInterval (() => cards.forEach (draw_hour), 15000);
  set_clock ();
  listen ();
}

start ();
