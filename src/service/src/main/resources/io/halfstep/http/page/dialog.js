import { button, element } from './dom.js';

let count = 0;

/**
 * Opens a dialog with a form. `act` is called when it is confirmed, and may fail: then its message is
 * shown. The dialog closes when it has succeeded. Without `dismiss` it can only be confirmed.
 */
export function openDialog(title, { body = [], confirm, dismiss, danger, act }) {
  const heading = `dialog-${++count}`;
  const error = element('p', { class: 'error', role: 'alert' });
  const confirming = element('button', { class: danger ? 'danger' : 'main' }, confirm);
  const dialog = element(
    'dialog',
    { 'aria-labelledby': heading, close: () => dialog.remove() },
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: heading }, title),
      ...body,
      error,
      element('div', { class: 'actions' },
        ...(dismiss ? [button(dismiss, () => dialog.close())] : []), confirming),
    ),
  );

  async function onSubmit(event) {
    event.preventDefault();
    confirming.disabled = true;
    error.textContent = '';
    try {
      await act();
      dialog.close();
    } catch (failure) {
      error.textContent = failure.message;
      confirming.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
