import { element, svg } from './dom.js';
import { GraphNode, HEIGHT, WIDTH } from './node.js';
import { layered } from './layout.js';

/** A network as a graph, from top to bottom. An update touches only the stages that have changed. */
export class GraphView {
  #nodes = new Map();
  #layout;
  #stages;
  #focused;

  /**
   * @param stages with their names, operators, and the names of the stages that they read
   * @param onSelect is called with the name of the stage that is selected
   */
  constructor(stages, onSelect) {
    this.#stages = new Map(stages.map((stage) => [stage.name, stage]));
    this.#layout = layered(stages, { width: WIDTH, height: HEIGHT });
    const { width, height, places, edges } = this.#layout;
    const lines = svg('svg', { width, height, 'aria-hidden': true },
      ...edges.map((edge) => svg('path', { d: curve(edge) })));
    this.root = element('div', { class: 'canvas', role: 'group', 'aria-labelledby': 'network' }, lines);
    this.root.style.width = `${width}px`;
    this.root.style.height = `${height}px`;
    for (const stage of stages) {
      const node = new GraphNode(stage, places.get(stage.name), () => onSelect(stage.name));
      this.#nodes.set(stage.name, node);
      this.root.append(node.root);
    }
    this.root.addEventListener('keydown', (event) => this.#move(event));
    this.root.addEventListener('focusin', (event) => this.#rove(event.target.dataset.stage));
    this.#rove(stages[0].name);
  }

  /** @param changed the states of the stages that have changed, by name */
  update(changed) {
    for (const [name, state] of Object.entries(changed)) {
      this.#nodes.get(name)?.update(state);
    }
  }

  select(name) {
    this.root.querySelector('[aria-pressed=true]')?.setAttribute('aria-pressed', false);
    this.#nodes.get(name)?.root.setAttribute('aria-pressed', true);
  }

  focus(name) {
    this.#nodes.get(name)?.root.focus();
  }

  /** One stage at a time is reached by the tabulator key. */
  #rove(name) {
    this.#nodes.get(this.#focused)?.root.setAttribute('tabindex', -1);
    this.#focused = name;
    this.#nodes.get(name).root.setAttribute('tabindex', 0);
  }

  #move(event) {
    const name = event.target.dataset.stage;
    const names = [...this.#nodes.keys()];
    const rank = this.#layout.ranks[this.#layout.places.get(name).rank];
    const steps = {
      ArrowDown: () => names.find((other) => this.#stages.get(other).reads.includes(name)),
      ArrowUp: () => this.#stages.get(name).reads.at(-1),
      ArrowLeft: () => rank[rank.indexOf(name) - 1],
      ArrowRight: () => rank[rank.indexOf(name) + 1],
      Home: () => names[0],
      End: () => names.at(-1),
    };
    if (steps[event.key]) {
      event.preventDefault();
      this.focus(steps[event.key]());
    }
  }
}

/** A path through points that leaves and reaches each vertically. */
function curve(points) {
  const [[x0, y0], ...rest] = points;
  let path = `M${x0} ${y0}`;
  let [x, y] = [x0, y0];
  for (const [nextX, nextY] of rest) {
    const middle = (y + nextY) / 2;
    path += x === nextX ? `V${nextY}` : `C${x} ${middle} ${nextX} ${middle} ${nextX} ${nextY}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}
