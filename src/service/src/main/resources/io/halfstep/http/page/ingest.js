import { number } from './format.js';

const WINDOW = 5000;

/** The samples taken per second over the last five seconds. */
export class IngestRate {
  #show;
  #seen = [];
  #taken = 0;
  #ended = false;
  #timer = setInterval(() => this.#tell(), 1000);

  constructor(show) {
    this.#show = show;
  }

  update(taken, ended) {
    this.#taken = taken;
    this.#ended = ended;
    if (!this.#seen.length) {
      this.#tell();
    }
  }

  #tell() {
    const now = performance.now();
    this.#seen.push({ at: now, taken: this.#taken });
    while (this.#seen.length > 2 && this.#seen[1].at < now - WINDOW) {
      this.#seen.shift();
    }
    const [first] = this.#seen;
    const rate = now > first.at ? (1000 * (this.#taken - first.taken)) / (now - first.at) : 0;
    this.#show(this.#ended ? null : `${number(rate)} samples/s`);
  }

  close() {
    clearInterval(this.#timer);
  }
}
