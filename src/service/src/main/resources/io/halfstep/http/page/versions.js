import { download, jobPath, request } from './api.js';
import { button, element } from './dom.js';
import { bytes, date, number } from './format.js';

const FILES = { model: '.onnx', encodings: '-encodings.json', report: '-report.html' };

/** The published versions: downloads, and which one is in use. */
export class VersionTable {
  #id;
  #model;
  #try;
  #shown = '';
  #body = element('tbody');
  #none = element('p', { class: 'hint' }, 'None is published yet.');
  #table;

  /** @param attempt calls a function, and shows the error if it fails */
  constructor(job, attempt) {
    this.#id = job.id;
    this.#model = job.model;
    this.#try = attempt;
    this.#table = element('div', { class: 'wide', role: 'region', 'aria-labelledby': 'versions', tabindex: 0 },
      element('table', {},
        element('thead', {}, element('tr', {}, ...['Version', 'Published', 'Samples', 'Size', 'Files', 'In use'].map(
          (name) => element('th', { scope: 'col' }, name)))),
        this.#body));
    this.root = element('section', {}, element('h3', { id: 'versions' }, 'Versions'), this.#none, this.#table);
  }

  update({ versions, current }) {
    const now = JSON.stringify([versions, current]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#none.hidden = versions.length > 0;
    this.#table.hidden = versions.length === 0;
    this.#body.replaceChildren(...[...versions].reverse().map((version) => this.#row(version, current)));
  }

  #row({ version, published, samples, bytes: size, notes }, current) {
    return element('tr', {},
      element('th', { scope: 'row' }, String(version)),
      element('td', {}, date(published), ...notes.map((note) => element('p', { class: 'note' }, note))),
      element('td', {}, number(samples)),
      element('td', {}, bytes(size)),
      element('td', { class: 'actions' }, ...Object.keys(FILES).map((file) => this.#file(version, file))),
      element('td', {}, version === current ? 'in use' : this.#rollBack(version)));
  }

  #file(version, file) {
    const name = `${this.#model}-${version}${FILES[file]}`;
    return button(file, () =>
      this.#try(() => download(jobPath(this.#id, 'versions', version, file), name)),
      { 'aria-label': `Download the ${file} of version ${version}` });
  }

  #rollBack(version) {
    return button('Roll back', () =>
      this.#try(() => request(`${jobPath(this.#id, 'rollback')}?version=${version}`, { method: 'POST' })),
      { 'aria-label': `Roll back to version ${version}` });
  }
}
