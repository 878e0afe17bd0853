import { getJson, jobPath } from './api.js';
import { element } from './dom.js';
import { follow, patch } from './events.js';
import { GraphView } from './graph.js';
import { LayerPane } from './layer.js';
import { QueueTable } from './queues.js';

/** A job's network, kept up to date, with the selected stage beside it. */
export class NetworkPane {
  #id;
  #onSelect;
  #isOver;
  #stages = {};
  #nodes = new Map();
  #graph = null;
  #layer = null;
  #selected = '';
  #status = null;
  #timer = 0;
  #stop = () => {};
  #place = element('div', { class: 'graph' });
  #beside = element('aside', { 'aria-label': 'Selected stage', hidden: true });
  #queues = new QueueTable();

  constructor(id, { onSelect, isOver }) {
    this.#id = id;
    this.#onSelect = onSelect;
    this.#isOver = isOver;
    this.root = element('section', { 'aria-labelledby': 'network' },
      element('h3', { id: 'network' }, 'Network'),
      element('p', { class: 'hint' },
        'A layer fills as it learns. Arrow keys move, Enter selects, Escape closes.'),
      element('div', { class: 'network' }, this.#place, this.#beside), this.#queues.root);
    this.root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#selected) {
        const before = this.#selected;
        this.#onSelect('');
        this.#graph?.focus(before);
      }
    });
  }

  /** Begins again when the job has left or reached an end. */
  update(status) {
    if (this.#status === null || (status !== this.#status && !this.#isOver())) {
      this.#begin();
    }
    this.#status = status;
  }

  async #begin() {
    clearTimeout(this.#timer);
    try {
      const { stages } = await getJson(jobPath(this.#id, 'graph'));
      this.#show(stages);
    } catch (failure) {
      this.#place.replaceChildren(element('p', { class: 'hint' }, failure.message));
      if (!this.#isOver()) {
        this.#timer = setTimeout(() => this.#begin(), 1000);
      }
      return;
    }
    this.#stop();
    this.#stop = follow(`${jobPath(this.#id, 'stages')}?follow=true`,
      (name, content) => this.#receive(name, content), { isOver: this.#isOver });
  }

  #show(nodes) {
    const names = nodes.map((node) => node.name).join('\n');
    if (this.#graph && names === [...this.#nodes.keys()].join('\n')) return;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#graph = new GraphView(nodes, this.#onSelect);
    this.#place.replaceChildren(this.#graph.root);
    this.#graph.update(this.#stages);
    this.#choose();
  }

  #receive(name, content) {
    const changed = name === 'stages' ? content.stages : (content.stages ?? {});
    if (name === 'stages') {
      this.#stages = content.stages;
      this.#graph.update(this.#stages);
    } else {
      patch(this.#stages, changed);
      this.#graph.update(picked(this.#stages, changed));
    }
    this.#queues.update(this.#stages);
    if (this.#selected in changed) {
      this.#layer?.update(this.#stages[this.#selected]);
    }
  }

  select(name) {
    if (name !== this.#selected) {
      this.#selected = name;
      this.#choose();
    }
  }

  #choose() {
    if (!this.#graph) return;
    const node = this.#nodes.get(this.#selected);
    this.#graph.select(this.#selected);
    this.#beside.hidden = !node;
    this.#layer = node ? new LayerPane(this.#id, node, () => this.#onSelect('')) : null;
    this.#beside.replaceChildren(...(node ? [this.#layer.root] : []));
    this.#layer?.update(this.#stages[this.#selected] ?? {});
  }

  close() {
    clearTimeout(this.#timer);
    this.#stop();
  }
}

function picked(all, names) {
  return Object.fromEntries(Object.keys(names).map((name) => [name, all[name] ?? {}]));
}
