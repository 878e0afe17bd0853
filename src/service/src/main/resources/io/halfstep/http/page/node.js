import { element, setText } from './dom.js';
import { number, percent } from './format.js';

export const WIDTH = 176;
export const HEIGHT = 46;

const LONGEST = 18;
const STEPS = ['observing', 'collecting', 'optimizing'];

/** A stage in the graph. */
export class GraphNode {
  #layer;
  #operator;
  #text = element('span', { class: 'state' });
  #fill = element('span', { class: 'fill' });

  constructor(stage, place, press) {
    this.#layer = stage.layer;
    this.#operator = stage.operators[0];
    const label = stage.layer || !stage.operators.length ? end(stage.name) : operators(stage.operators);
    this.root = element('button',
      { type: 'button', class: stage.layer ? 'node layer' : 'node', tabindex: -1, click: press,
        'aria-pressed': 'false', 'data-stage': stage.name, title: stage.name },
      this.#fill, element('span', { class: 'name' }, label), this.#text);
    this.root.style.left = `${place.x}px`;
    this.root.style.top = `${place.y}px`;
    if (stage.layer) {
      setText(this.#text, this.#operator);
    }
  }

  update(state) {
    if (!this.#layer) return;
    const activity = activityOf(state);
    if (this.root.dataset.state !== activity) {
      this.root.dataset.state = activity;
    }
    const scale = `scaleX(${fill(state, activity).toFixed(3)})`;
    if (this.#fill.style.transform !== scale) {
      this.#fill.style.transform = scale;
    }
    setText(this.#text, describe(state, activity) || this.#operator);
  }
}

/** The end of a long name says more than its beginning. */
function end(name) {
  return name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name;
}

function operators(names) {
  const different = [...new Set(names)];
  return different.length > 3 ? `${different.slice(0, 3).join(', ')}, …` : different.join(', ');
}

/** What a layer is doing, in one word. */
export function activityOf(state) {
  if (state.ratio !== undefined) return 'rounded';
  if (state.pass === 'observe') return 'observing';
  return STEPS.includes(state.activity) ? state.activity : state.pass ? 'waiting' : '';
}

/** A layer learns in three steps: it observes, collects, and rounds. */
function fill(state, activity) {
  if (activity === 'rounded') return 1;
  return activity in { '': 1, waiting: 1 } ? 0 : (STEPS.indexOf(activity) + (state.share ?? 0)) / STEPS.length;
}

function describe(state, activity) {
  switch (activity) {
    case 'rounded':
      return `${number(state.ratio)} of nearest${state.sqnrDb === undefined ? '' : `, ${state.sqnrDb.toFixed(1)} dB`}`;
    case 'optimizing':
      return `rounding, ${percent(Math.round(100 * (state.share ?? 0)) / 100)}`;
    case 'observing':
    case 'collecting':
      return `${activity}, ${number(state.samples ?? 0)} samples`;
    default:
      return activity;
  }
}
