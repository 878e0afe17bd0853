import { element, setText } from './dom.js';
import { number, percent } from './format.js';

/** How far the version under way is: its samples, and the work. */
export class ProgressBars {
  #samples = new Bar('Samples');
  #work = new Bar('Work done');

  constructor() {
    this.root = element('div', { class: 'bars' }, this.#samples.root, this.#work.root);
  }

  update({ samples, progress }, ended) {
    const { collected, wanted } = samples;
    const share = progress?.share ?? 0;
    this.root.hidden = ended;
    this.#samples.set(collected / wanted, `${number(collected)} of ${number(wanted)}`);
    this.#work.set(share, `${percent(Math.floor(100 * share) / 100)}${progress?.pass ? `, pass: ${progress.pass}` : ''}`);
  }
}

class Bar {
  #bar = element('progress', { max: 1 });
  #text = element('span');

  constructor(name) {
    this.root = element('label', {}, element('span', { class: 'hint' }, name), this.#text, this.#bar);
  }

  set(share, text) {
    this.#bar.value = share;
    setText(this.#text, text);
  }
}
