'use strict';

/* Characters that turn the reading direction, or that nobody sees, would make a name read as another one. */
const MISLEADING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function shown (text) {
  return text.replace (MISLEADING, '\ufffd');
}

/* make ('a', { href: '#', class: 'x' }, 'text', element, ...): text stays text, whatever is in it. */
function make (tag, attributes, ...children) {
  const element = document.createElement (tag);
  for (const [name, value] of Object.entries (attributes || {}))
    if (value !== null && value !== undefined)
      element.setAttribute (name, value);
  element.append (...children);
  return element;
}

/* A name among other text, whatever direction it is written in. */
function isolated (...children) {
  return make ('bdi', {}, ...children);
}

/* What a search compares: without case and accents. */
function fold (text) {
  return text.normalize ('NFD').replace (/[\u0300-\u036f]/g, '').toLowerCase ().trim ();
}

/* The text with what was searched marked, where that is as long as it is written. */
function marked (text, query) {
  const at = query ? text.toLowerCase ().indexOf (query) : -1;
  if (at < 0 || text.toLowerCase ().length !== text.length)
    return isolated (text);
  return isolated (text.slice (0, at), make ('mark', {}, text.slice (at, at + query.length)),
    text.slice (at + query.length));
}

function two (number) {
  return String (number).padStart (2, '0');
}

/* 0:07, 1:02:03; with tenths 0:07.5 */
function clock (seconds, tenths) {
  const count = tenths ? Math.floor (seconds * 10 + 0.5) : Math.floor (seconds) * 10;
  const whole = Math.floor (count / 10), hours = Math.floor (whole / 3600), minutes = Math.floor (whole / 60) % 60;
  const start = hours ? `${hours}:${two (minutes)}` : String (minutes);
  return `${start}:${two (whole % 60)}${tenths ? '.' + count % 10 : ''}`;
}

function percent (share) {
  const whole = Math.floor (share * 100 + 0.5);
  return whole === 0 && share > 0 ? '<1%' : whole + '%';
}

function plural (number, one, many) {
  return `${number.toLocaleString ('en')} ${number === 1 ? one : many}`;
}
