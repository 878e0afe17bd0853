const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element. Attributes with functions as values are listeners, named by their events. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      made.addEventListener(name, value);
    } else if (value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...children);
  return made;
}

/** Makes a button. */
export function button(label, press, attributes = {}) {
  return element('button', { type: 'button', click: press, ...attributes }, label);
}

/** Sets a text, and touches nothing if it is the same. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Makes a list of names and values; the values are set by name. */
export class Facts {
  #rows = new Map();

  constructor() {
    this.root = element('dl', { class: 'facts' });
  }

  /** Sets a value; null removes it. */
  set(name, value) {
    let row = this.#rows.get(name);
    if (!row) {
      if (value === null) return;
      row = element('div', {}, element('dt', {}, name), element('dd'));
      this.#rows.set(name, row);
      this.root.append(row);
    }
    if (row.hidden !== (value === null)) {
      row.hidden = value === null;
    }
    setText(row.lastChild, value ?? '');
  }
}
