import { element, setText } from './dom.js';
import { number, percent } from './format.js';

/** The list of jobs, newest first. */
export class JobList {
  #rows = new Map();
  #list = element('ul');

  constructor(root) {
    root.append(element('h2', {}, 'Jobs'), this.#list);
  }

  update(jobs, selected) {
    for (const [id, row] of this.#rows) {
      if (!jobs[id]) {
        row.root.remove();
        this.#rows.delete(id);
      }
    }
    for (const job of Object.values(jobs).sort((a, b) => serial(a) - serial(b))) {
      let row = this.#rows.get(job.id);
      if (!row) {
        row = new Row(job.id);
        this.#rows.set(job.id, row);
        this.#list.prepend(row.root);
      }
      row.update(job, job.id === selected);
    }
  }
}

/** The number at the end of a job's id: of the submission. */
function serial(job) {
  return Number(job.id.slice(job.id.lastIndexOf('-') + 1));
}

class Row {
  #status = element('span', { class: 'status' });
  #text = element('span', { class: 'progress' });
  #link;

  constructor(id) {
    this.#link = element('a', { href: `#/${encodeURIComponent(id)}` },
      element('strong', {}, id), this.#status, this.#text);
    this.root = element('li', {}, this.#link);
  }

  update(job, selected) {
    setText(this.#status, job.status);
    this.#status.dataset.status = job.status;
    setText(this.#text, progress(job));
    if (selected) {
      this.#link.setAttribute('aria-current', 'page');
    } else {
      this.#link.removeAttribute('aria-current');
    }
  }
}

function progress(job) {
  const versions = job.versions.length
    ? `, version ${job.current} of ${job.versions.at(-1).version}`
    : '';
  if (job.progress && job.status !== 'collecting') {
    return `${percent(Math.floor(100 * job.progress.share) / 100)}${versions}`;
  }
  if (['completed', 'cancelled', 'failed'].includes(job.status)) {
    return versions.slice(2);
  }
  return `${number(job.samples.collected)} of ${number(job.samples.wanted)} samples${versions}`;
}
