import { download, jobPath, request } from './api.js';
import { button, element } from './dom.js';
import { bytes, date, number } from './format.js';

const FILES = { model: '.onnx', encodings: '-encodings.json', report: '-report.html' };

/** The published versions, newest first: downloads, and which one is in use. */
export class VersionList {
  #id;
  #model;
  #try;
  #shown = '';
  #list = element('ul', { class: 'versions' });
  #none = element('p', { class: 'hint' }, 'None is published yet.');

  /** @param attempt calls a function, and shows the error if it fails */
  constructor(job, attempt) {
    this.#id = job.id;
    this.#model = job.model;
    this.#try = attempt;
    this.root = element('section', {}, element('h3', {}, 'Versions'), this.#none, this.#list);
  }

  update({ versions, current }) {
    const now = JSON.stringify([versions, current]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#none.hidden = versions.length > 0;
    this.#list.replaceChildren(
      ...[...versions].reverse().map((version) => this.#row(version, version.version === current)));
  }

  #row({ version, published, samples, bytes: size, notes }, inUse) {
    return element('li', {},
      element('div', { class: 'title' },
        element('h4', {}, `Version ${version}`),
        ...(inUse ? [element('span', { class: 'status' }, 'in use')] : []),
        element('span', { class: 'hint' }, `${date(published)}, ${number(samples)} samples, ${bytes(size)}`),
        element('div', { class: 'actions' },
          ...Object.keys(FILES).map((file) => this.#file(version, file)),
          ...(inUse ? [] : [this.#rollBack(version)]))),
      ...notes.map((note) => element('p', { class: 'hint' }, note)));
  }

  #file(version, file) {
    const name = `${this.#model}-${version}${FILES[file]}`;
    return button(file[0].toUpperCase() + file.slice(1), () =>
      this.#try(() => download(jobPath(this.#id, 'versions', version, file), name)),
      { 'aria-label': `Download the ${file} of version ${version}` });
  }

  #rollBack(version) {
    return button('Use this', () =>
      this.#try(() => request(`${jobPath(this.#id, 'rollback')}?version=${version}`, { method: 'POST' })),
      { 'aria-label': `Roll back to version ${version}` });
  }
}
