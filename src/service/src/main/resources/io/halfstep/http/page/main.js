import { element, setText } from './dom.js';
import { follow, patch } from './events.js';
import { JobList } from './jobs.js';
import { JobPane } from './job.js';
import { openSubmission } from './submit.js';

const main = document.getElementById('job');
const connection = document.getElementById('connection');
const list = new JobList(document.getElementById('jobs'));
let jobs = null;
let pane = null;

/** The address names the job and the stage that are shown: #/JOB/STAGE. */
function address() {
  const [, id = '', stage = ''] = location.hash.split('/');
  return { id: decodeURIComponent(id), stage: decodeURIComponent(stage) };
}

function show() {
  const { id, stage } = address();
  document.body.classList.toggle('with-job', id !== '');
  document.title = id ? `${id} – Halfstep` : 'Halfstep';
  list.update(jobs, id);
  if (pane && pane.id !== id) {
    pane.close();
    pane = null;
  }
  if (jobs[id]) {
    if (!pane) {
      pane = new JobPane(jobs[id], (name) => {
        location.hash = name ? `/${encodeURIComponent(id)}/${encodeURIComponent(name)}` : `/${encodeURIComponent(id)}`;
      });
      main.replaceChildren(pane.root);
    }
    pane.update(jobs[id]);
    pane.select(stage);
  } else {
    pane?.close();
    pane = null;
    main.replaceChildren(element('p', { class: 'hint' }, hint(id)));
  }
}

function hint(id) {
  if (id) return `There is no job ${id}.`;
  return Object.keys(jobs).length ? 'Choose a job.' : 'There are no jobs yet. Submit a model to begin.';
}

function receive(name, content) {
  if (name === 'jobs') {
    jobs = content.jobs;
  } else {
    patch(jobs, content.jobs);
  }
  show();
}

follow('/jobs?follow=true', receive, {
  onState: (failure) =>
    setText(connection, failure ? `${failure.message} Trying again.` : ''),
});
window.addEventListener('hashchange', () => jobs && show());
document.getElementById('submit').addEventListener('click', () =>
  openSubmission((id) => {
    location.hash = `/${encodeURIComponent(id)}`;
  }));
