import { element, setText } from './dom.js';
import { bytes } from './format.js';

const ROWS = 5;

/** The stages with the most data waiting, and their credit. */
export class QueueTable {
  #body = element('tbody');

  constructor() {
    this.root = element('details', { class: 'queues' },
      element('summary', {}, 'Queues and credit'),
      element('table', {},
        element('thead', {}, element('tr', {}, ...['Stage', 'Waiting', 'Credit'].map((name) =>
          element('th', { scope: 'col' }, name)))),
        this.#body));
  }

  /** @param stages the states of all stages, by name */
  update(stages) {
    const longest = Object.entries(stages)
      .filter(([, state]) => state.waitingBytes !== undefined)
      .sort(([, a], [, b]) => b.waitingBytes - a.waitingBytes)
      .slice(0, ROWS);
    while (this.#body.childElementCount > longest.length) {
      this.#body.lastChild.remove();
    }
    longest.forEach(([name, { waitingBytes, creditBytes }], i) => {
      const row = this.#body.children[i] ?? this.#body.appendChild(
        element('tr', {}, element('th', { scope: 'row' }), element('td'), element('td')));
      setText(row.children[0], name);
      setText(row.children[1], bytes(waitingBytes));
      setText(row.children[2], creditBytes === undefined ? 'unlimited' : bytes(creditBytes));
    });
  }
}
