import { getJson, jobPath } from './api.js';
import { button, element, Facts } from './dom.js';
import { bytes, number, percent } from './format.js';
import { histogram } from './histogram.js';
import { activityOf } from './node.js';

/** The figures of a stage, and for a layer the distribution of its input. */
export class LayerPane {
  #id;
  #stage;
  #facts = new Facts();
  #chart = element('div');
  #details = null;
  #phase = null;

  constructor(id, stage, onClose) {
    this.#id = id;
    this.#stage = stage;
    this.root = element('div', { class: 'stage' },
      element('div', { class: 'title' }, element('h4', {}, stage.name), button('Close', onClose)),
      this.#facts.root, this.#chart);
    this.#facts.set('Weight', stage.layer ? '…' : null);
    this.#facts.set(stage.operators.length > 1 ? 'Operators' : 'Operator',
      stage.operators.join(', ') || null);
  }

  update(state) {
    const facts = this.#facts;
    if (this.#stage.layer) {
      facts.set('State', activityOf(state) || null);
      facts.set('Pass', state.pass ?? null);
      facts.set('Samples', state.samples === undefined ? null : number(state.samples));
      facts.set('Done', state.share === undefined ? null : percent(state.share));
      facts.set('Error / nearest', text(state.ratio));
      facts.set('Flips', this.#flips(state));
      facts.set('SQNR', state.sqnrDb === undefined ? null : `${state.sqnrDb.toFixed(1)} dB`);
      facts.set('Input clipped', state.clipped === undefined ? null : percent(state.clipped));
      facts.set('Drift', text(state.driftSigmas, ' σ'));
      facts.set('Drift, clipped', state.driftClipped === undefined ? null : percent(state.driftClipped));
      facts.set('Drift, loss', text(state.driftLossRatio));
    }
    facts.set('Waiting', state.waitingBytes === undefined ? null : bytes(state.waitingBytes));
    facts.set('Credit', state.creditBytes === undefined ? null : bytes(state.creditBytes));
    this.#refresh(state);
  }

  #flips({ flips }) {
    if (flips === undefined) return null;
    return this.#details
      ? `${number(flips)}, ${percent(flips / this.#details.weights)}`
      : number(flips);
  }

  /** Asks for the details when the layer has come further: its range is set, it is rounded. */
  async #refresh(state) {
    const phase = `${state.pass} ${state.clipped} ${state.ratio}`;
    if (!this.#stage.layer || phase === this.#phase) return;
    this.#phase = phase;
    try {
      const details = await getJson(jobPath(this.#id, 'layers', this.#stage.name));
      this.#details = details;
      this.#facts.set('Weight', details.shape.join(' × '));
      this.#facts.set('Flips', this.#flips(state));
      this.#chart.replaceChildren(details.input
        ? histogram(details.input)
        : element('p', { class: 'hint' }, ['observe', undefined].includes(state.pass)
          ? 'Its range is set at the end of the first pass.'
          : 'Its histogram is not kept when a job is interrupted.'));
    } catch (failure) {
      this.#chart.replaceChildren(element('p', { class: 'error' }, failure.message));
    }
  }
}

function text(value, unit = '') {
  return value === undefined ? null : number(value) + unit;
}
