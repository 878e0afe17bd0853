import { jobPath } from './api.js';
import { element } from './dom.js';
import { follow } from './events.js';

const MOST = 500;

/** The lines of a job's log, while they are looked at. */
export class LogPane {
  #id;
  #isOver;
  #stop = () => {};
  #ended = null;
  #lines = element('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': 'Log' });

  constructor(id, isOver) {
    this.#id = id;
    this.#isOver = isOver;
    this.root = element('details', { toggle: () => this.#begin() },
      element('summary', {}, 'Log'), this.#lines);
  }

  /** Begins again when the job goes on. */
  update(ended) {
    if (this.#ended && !ended) {
      this.#begin();
    }
    this.#ended = ended;
  }

  #begin() {
    this.#stop();
    if (this.root.open) {
      this.#stop = follow(`${jobPath(this.#id, 'logs')}?follow=true`,
        (name, line) => this.#add(line),
        { isOver: this.#isOver, onState: (failure) => this.#opened(failure === null) });
    }
  }

  /** A stream that is open again sends its last lines again. */
  #opened(open) {
    if (open) {
      this.#lines.replaceChildren();
    }
  }

  #add({ time, level, layer, message }) {
    const atEnd = this.#lines.scrollTop + this.#lines.clientHeight >= this.#lines.scrollHeight - 4;
    this.#lines.append(element('div', { 'data-level': level },
      element('time', { datetime: time }, time.slice(11, 19)), ` ${level} ${layer ? `${layer}: ` : ''}${message}`));
    while (this.#lines.childElementCount > MOST) {
      this.#lines.firstChild.remove();
    }
    if (atEnd) {
      this.#lines.scrollTop = this.#lines.scrollHeight;
    }
  }

  close() {
    this.#stop();
  }
}
