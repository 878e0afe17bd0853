import { openDialog } from './dialog.js';
import { element } from './dom.js';

let asked = null;

/** Asks for the service's token, once for all requests that wait for it. */
export function askForToken(refused) {
  asked ??= ask(refused).finally(() => {
    asked = null;
  });
  return asked;
}

function ask(refused) {
  return new Promise((resolve) => {
    const input = element('input', { type: 'password', required: true, autocomplete: 'off' });
    const dialog = openDialog('The service asks for a token', {
      body: [
        element('p', {}, refused ? 'The service does not accept this token. ' : '',
          'It is kept until this tab is closed.'),
        element('label', {}, 'Token', input),
      ],
      confirm: 'Continue',
      act: () => resolve(input.value.trim()),
    });
    dialog.addEventListener('cancel', (event) => event.preventDefault());
  });
}
