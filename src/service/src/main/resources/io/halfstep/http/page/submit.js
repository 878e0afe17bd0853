import { request } from './api.js';
import { element } from './dom.js';
import { openDialog } from './dialog.js';

const PARAMETERS = ['name', 'samples', 'versions'];

/** Opens the form for a new job. */
export function openSubmission(onSubmitted) {
  const fields = {
    model: element('input', { type: 'file', required: true, accept: '.onnx' }),
    data: element('input', { type: 'file', multiple: true }),
    name: element('input', { autocomplete: 'off', placeholder: 'as the file', pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}' }),
    samples: element('input', { type: 'number', min: 1, placeholder: '1024' }),
    versions: element('input', { type: 'number', min: 0, value: 1 }),
    weights: choice([['', 'default: 4'], ...[2, 3, 4, 5, 6, 7, 8].map((bits) => [bits, bits])]),
    activations: choice([['', 'default: 8'], ['8', '8'], ['16', '16'], ['dynamic', 'dynamic'], ['float', 'float']]),
    normalize: element('input', { autocomplete: 'off', placeholder: 'mean=…,std=…,scale=255' }),
    plan: element('textarea', { rows: 4, spellcheck: 'false', placeholder: 'seed = 1' }),
  };
  openDialog('Submit a model', {
    body: [
      labelled('ONNX model', fields.model),
      labelled('External data, if the model refers to any', fields.data),
      labelled('Name', fields.name),
      element('div', { class: 'fields' },
        labelled('Samples per version', fields.samples),
        labelled('Versions (0: until cancelled)', fields.versions),
        labelled('Bits of weights', fields.weights),
        labelled('Bits of activations', fields.activations)),
      labelled('Normalize', fields.normalize),
      labelled('Further lines of the plan, as in config/plan.conf', fields.plan),
    ],
    confirm: 'Submit',
    dismiss: 'Close',
    act: async () => onSubmitted(await send(fields)),
  });
}

function choice(options) {
  return element('select', {}, ...options.map(([value, label]) => element('option', { value }, String(label))));
}

function labelled(label, field) {
  return element('label', {}, label, field);
}

async function send(fields) {
  const parameters = new URLSearchParams();
  for (const name of PARAMETERS) {
    if (fields[name].value) {
      parameters.set(name, fields[name].value);
    }
  }
  const form = new FormData();
  form.append('plan', planOf(fields));
  form.append('model', fields.model.files[0]);
  for (const file of fields.data.files) {
    form.append('data', file);
  }
  return (await (await request(`/jobs?${parameters}`, { method: 'POST', body: form })).json()).id;
}

function planOf({ weights, activations, normalize, plan }) {
  const lines = [];
  if (weights.value) lines.push(`weights = ${weights.value}`);
  if (activations.value) lines.push(`activations = ${activations.value}`);
  if (normalize.value) lines.push(`normalize = [${JSON.stringify(normalize.value)}]`);
  return [...lines, plan.value, ''].join('\n');
}
