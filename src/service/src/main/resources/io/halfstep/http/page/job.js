import { jobPath, request } from './api.js';
import { ProgressBars } from './bars.js';
import { button, element, Facts, setText } from './dom.js';
import { openDialog } from './dialog.js';
import { date, number, percent } from './format.js';
import { IngestRate } from './ingest.js';
import { LogPane } from './logs.js';
import { NetworkPane } from './network.js';
import { VersionList } from './versions.js';

const ENDED = ['completed', 'cancelled', 'failed'];

/** One job: what it does, its network, versions and log, and what can be done with it. */
export class JobPane {
  #job;
  #status = element('span', { class: 'status' });
  #error = element('p', { class: 'error', role: 'alert' });
  #why = element('p', { class: 'error' });
  #notes = element('ul', { class: 'notes' });
  #bars = new ProgressBars();
  #facts = new Facts();
  #rate = new IngestRate((text) => this.#facts.set('Ingest', text));
  #actions;
  #network;
  #versions;
  #log;

  /** @param onSelect is called with the name of a stage that is selected, or with nothing */
  constructor(job, onSelect) {
    this.id = job.id;
    const isOver = () => ENDED.includes(this.#job.status);
    this.#network = new NetworkPane(job.id, { onSelect, isOver });
    this.#versions = new VersionList(job, (act) => this.#try(act));
    this.#log = new LogPane(job.id, isOver);
    this.#actions = {
      pause: this.#action('Pause', 'pause'),
      resume: this.#action('Resume', 'resume'),
      seal: this.#action('Use the samples so far', 'seal'),
      cancel: button('Cancel…', () => this.#ask('cancel')),
      delete: button('Delete…', () => this.#ask('delete')),
    };
    this.root = element('article', { 'aria-labelledby': 'job-name' },
      element('p', { class: 'back' }, element('a', { href: '#' }, 'All jobs')),
      element('div', { class: 'title' }, element('h2', { id: 'job-name' }, job.id), this.#status,
        element('div', { class: 'actions' }, ...Object.values(this.#actions))),
      this.#error, this.#why, this.#notes,
      this.#bars.root, this.#facts.root,
      this.#network.root, this.#versions.root, this.#log.root);
  }

  #action(label, verb) {
    return button(label, () =>
      this.#try(() => request(jobPath(this.id, verb), { method: 'POST' })));
  }

  async #try(act) {
    this.#error.textContent = '';
    try {
      await act();
    } catch (failure) {
      this.#error.textContent = failure.message;
    }
  }

  #ask(verb) {
    const deleting = verb === 'delete';
    openDialog(deleting ? `Delete ${this.id}?` : `Cancel ${this.id}?`, {
      body: [element('p', {}, deleting
        ? 'This ends the job and removes its model, samples and published versions for good.'
        : 'This ends the job and removes its samples. Published versions stay.')],
      confirm: deleting ? 'Delete' : 'Cancel the job',
      dismiss: 'Keep it',
      danger: true,
      act: () => request(deleting ? jobPath(this.id) : jobPath(this.id, verb),
        { method: deleting ? 'DELETE' : 'POST' }),
    });
  }

  update(job) {
    const { samples, status, drift, rejected } = job;
    const ended = ENDED.includes(status);
    this.#job = job;
    setText(this.#status, status);
    this.#status.dataset.status = status;
    setText(this.#why, job.error ?? '');
    if (this.#notes.childElementCount !== job.notes.length) {
      this.#notes.replaceChildren(...job.notes.map((note) => element('li', {}, note)));
    }
    this.#offer(status, ended);
    this.#bars.update(job, ended);
    this.#facts.set('Skipped', samples.skipped ? number(samples.skipped) : null);
    this.#facts.set('Refused', refused(samples.refused));
    this.#facts.set('Drift', drift ? `${percent(drift.share)} of what is tolerated` : null);
    this.#facts.set('Not published', rejected
      ? `the version of ${date(rejected.at)}: ${number(rejected.decibels)} dB on new samples, the current one ${number(rejected.current)} dB`
      : null);
    this.#rate.update(samples.taken, ended);
    this.#versions.update(job);
    this.#network.update(status);
    this.#log.update(ended);
  }

  #offer(status, ended) {
    const active = !ended && status !== 'paused';
    this.#actions.pause.hidden = !active;
    this.#actions.resume.hidden = !['paused', 'waiting', 'failed'].includes(status);
    this.#actions.seal.hidden = status !== 'collecting';
    this.#actions.cancel.hidden = ended && status !== 'failed';
  }

  /** Selects a stage of the network; none if the name is empty. */
  select(stage) {
    this.#network.select(stage);
  }

  close() {
    this.#network.close();
    this.#log.close();
    this.#rate.close();
  }
}

function refused(reasons) {
  const all = Object.entries(reasons).map(([reason, count]) => `${number(count)} ${reason.replaceAll('_', ' ')}`);
  return all.length ? all.join(', ') : null;
}
