/* The page of a folder: everything that its files' pages know, and the way to each. */
const data = JSON.parse (document.getElementById ('index').textContent);
const CARDS_AT_ONCE = 60;
const TAGS = 4;
const POPULAR = 14;

const $ = id => document.getElementById (id);
const labels = data.labels.map (name => ({ name: shown (name), folded: fold (name), files: 0 }));
const files = data.files.map (read);
const names = new Intl.Collator ('en', { numeric: true });
const state = { query: '', found: [], drawn: 0 };

function read (file) {
  const path = shown (file.name), slash = path.lastIndexOf ('/') + 1;
  return { url: file.url, path, folder: path.slice (0, slash), name: path.slice (slash), folded: fold (path),
    picture: file.picture, duration: file.duration, thumb: file.thumb,
    tags: file.labels.map (([number, share, peak, count, links]) => ({ label: labels[number], share, peak, count, links })) };
}

/* ---- what is found ---- */

/* How good a label is for the query: 3 the same, 2 it starts a word, 1 it is in there, 0 no. */
function fit (folded, query) {
  if (folded === query)
    return 3;
  const at = folded.indexOf (query);
  return at < 0 ? 0 : at === 0 || /[\s,/(-]/.test (folded[at - 1]) ? 2 : 1;
}

/* { file, matches, score }; null: the file is not shown. A picture's labels are as good as they are sure. */
function match (file) {
  const kind = $ ('kind').value;
  if (kind !== 'all' && (kind === 'picture') !== file.picture)
    return null;
  if (!state.query)
    return { file, matches: [], score: 0 };
  const matches = file.tags.filter (tag => fit (tag.label.folded, state.query));
  if (!matches.length && !file.folded.includes (state.query))
    return null;
  const weight = tag => fit (tag.label.folded, state.query) * 10 + (file.picture ? tag.peak : tag.share);
  matches.sort ((a, b) => weight (b) - weight (a));
  return { file, matches, score: matches.length ? weight (matches[0]) : 0 };
}

const ORDERS = {
  best: (a, b) => b.score - a.score,
  name: () => 0,
  length: (a, b) => b.file.duration - a.file.duration,
};

function search () {
  const order = ORDERS[$ ('sort').value];
  state.query = fold ($ ('search').value);
  state.found = files.map (match).filter (Boolean).sort ((a, b) => order (a, b) || names.compare (a.file.path, b.file.path));
  $ ('cards').replaceChildren ();
  state.drawn = 0;
  draw_more (false);
  const count = plural (state.found.length, 'file', 'files');
  $ ('found').textContent = state.query ? `${count} of ${files.length.toLocaleString ('en')}`
    : state.found.length === files.length ? '' : count;
  $ ('popular').hidden = state.query !== '';
}

/* ---- cards ---- */

function meter (share) {
  const drawing = document.createElementNS ('http://www.w3.org/2000/svg', 'svg');
  drawing.setAttribute ('aria-hidden', 'true');
  for (const [name, width] of [['all', 100], ['part', 100 * share]]) {
    const bar = document.createElementNS ('http://www.w3.org/2000/svg', 'rect');
    bar.setAttribute ('class', name);
    bar.setAttribute ('width', width + '%');
    bar.setAttribute ('height', '100%');
    drawing.append (bar);
  }
  return drawing;
}

function from_to (start, end) {
  return clock (start) === clock (end) ? clock (start) : `${clock (start)}–${clock (end)}`;
}

/* The links into a film at which it shows the label. */
function times (file, tag) {
  const line = make ('div', { class: 'times' });
  for (const [start, end] of tag.links)
    line.append (make ('a', { href: `${file.url}#t=${start}` }, from_to (start, end)));
  if (tag.count > tag.links.length)
    line.append (make ('a', { href: file.url }, `${tag.count - tag.links.length} more`));
  return line;
}

function tag_line (file, tag, matches) {
  const share = file.picture ? tag.peak : tag.share, found = matches.includes (tag);
  const line = make ('li', found ? { class: 'match' } : {}, marked (tag.label.name, found ? state.query : ''),
    make ('span', { class: 'share', title: file.picture ? 'Confidence' : 'Share of the film' }, percent (share)), meter (share));
  if (found && !file.picture)
    line.append (times (file, tag));
  return line;
}

function card ({ file, matches }) {
  const shot = make ('span', { class: 'shot' });
  if (file.thumb)
    shot.append (make ('img', { src: file.thumb, alt: '', loading: 'lazy', decoding: 'async' }));
  else
    shot.append (file.picture ? 'Picture' : 'Film');
  if (!file.picture && file.duration >= 0)
    shot.append (make ('b', {}, clock (file.duration)));
  const name = make ('span', { class: 'name' });
  if (file.folder)
    name.append (make ('bdi', { class: 'folder' }, file.folder));
  name.append (marked (file.name, state.query));
  const rest = file.tags.filter (tag => !matches.includes (tag));
  const tags = [...matches, ...rest].slice (0, Math.max (matches.length ? Math.min (matches.length, TAGS) : TAGS, 1));
  return make ('li', { class: 'card' }, make ('a', { class: 'open', href: file.url }, shot, name),
    make ('ul', { class: 'tags' }, ...tags.map (tag => tag_line (file, tag, matches)),
      ...(tags.length ? [] : [make ('li', { class: 'dim' }, 'No labels')])));
}

/* As many as somebody is about to see: while the end is near, one lot after the other. */
const near_end = new IntersectionObserver (seen => {
  if (seen.some (one => one.isIntersecting) && state.drawn < state.found.length)
    draw_more (false);
}, { rootMargin: '1200px' });

function draw_more (all) {
  const to = all ? state.found.length : Math.min (state.found.length, state.drawn + CARDS_AT_ONCE);
  $ ('cards').append (...state.found.slice (state.drawn, to).map (card));
  state.drawn = to;
  near_end.unobserve ($ ('end'));
  near_end.observe ($ ('end'));
}

/* ---- labels ---- */

function offer_labels () {
  for (const file of files)
    for (const label of new Set (file.tags.map (tag => tag.label)))
      label.files++;
  const by_files = [...labels].sort ((a, b) => b.files - a.files || names.compare (a.name, b.name));
  $ ('suggestions').append (...by_files.map (label =>
    make ('option', { value: label.name }, plural (label.files, 'file', 'files'))));
  for (const label of by_files.slice (0, POPULAR)) {
    const button = make ('button', { type: 'button' }, isolated (label.name), make ('span', {}, String (label.files)));
    button.addEventListener ('click', () => {
      $ ('search').value = label.name;
      search ();
      $ ('search').focus ();
    });
    $ ('popular').append (button);
  }
}

function on_key (event) {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest ('input'))
    return;
  event.preventDefault ();
  $ ('search').focus ();
}

function start () {
  const films = files.filter (file => !file.picture).length, pictures = files.length - films;
  const facts = [plural (labels.length, 'label', 'labels')];
  if (films)
    facts.push (plural (films, 'film', 'films'));
  if (pictures)
    facts.push (plural (pictures, 'picture', 'pictures'));
  $ ('facts').append (...facts.map (fact => make ('li', {}, fact)));
  offer_labels ();
  $ ('tools').hidden = false;
  $ ('tools').addEventListener ('submit', event => event.preventDefault ());
  $ ('search').addEventListener ('input', search);
  for (const id of ['kind', 'sort'])
    $ (id).addEventListener ('change', search);
  document.addEventListener ('keydown', on_key);
  addEventListener ('beforeprint', () => draw_more (true));
  search ();
}

start ();
