import { element, setText } from './dom.js';
import { number, percent } from './format.js';

/** How far the version under way is: its samples, and the work; and how far the next one. */
export class ProgressBars {
  #samples = new Bar('Samples');
  #work = new Bar('Work done');
  #next = new Bar('Next version');

  constructor() {
    this.root = element('div', { class: 'bars' }, this.#samples.root, this.#work.root,
      this.#next.root);
  }

  update({ samples, progress, ahead }, ended) {
    const { collected, wanted } = samples;
    this.root.hidden = ended;
    this.#samples.set(collected / wanted, `${number(collected)} of ${number(wanted)}`);
    this.#work.set(progress?.share ?? 0, work(progress));
    this.#next.root.hidden = !ahead;
    this.#next.set(ahead?.share ?? 0, work(ahead));
  }
}

function work(calibration) {
  const share = Math.floor(100 * (calibration?.share ?? 0)) / 100;
  return `${percent(share)}${calibration?.pass ? `, pass: ${calibration.pass}` : ''}`;
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
