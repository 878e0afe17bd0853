import { request } from './api.js';

const LONGEST_WAIT = 10_000;

/**
 * Follows a stream of server-sent events, and begins again when it breaks. EventSource could not send
 * the token. A hidden page follows nothing, as a browser has few connections to one service.
 *
 * @param receive is called with the name and the content of each event
 * @param onState is called with an error, or with null when the stream is open again
 * @param isOver tells whether a stream that has ended is complete
 * @return a function that ends it
 */
export function follow(path, receive, { onState = () => {}, isOver = () => false } = {}) {
  let reading = null;
  let wait = 500;
  let timer = 0;

  async function read() {
    const abort = new AbortController();
    reading = abort;
    try {
      const response = await request(path, { signal: abort.signal });
      onState(null);
      wait = 500;
      for await (const event of events(response)) {
        receive(event.name, JSON.parse(event.data));
      }
    } catch (failure) {
      if (abort.signal.aborted) return;
      onState(failure);
    }
    if (!abort.signal.aborted && !isOver()) {
      timer = setTimeout(read, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }

  function stop() {
    clearTimeout(timer);
    reading?.abort();
  }

  function onVisibility() {
    stop();
    if (!document.hidden) {
      read();
    }
  }

  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) {
    read();
  }
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    stop();
  };
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const event = parsed(part);
      if (event.data) {
        yield event;
      }
    }
  }
}

function parsed(text) {
  const event = { name: 'message', data: '' };
  for (const line of text.split('\n')) {
    const [, field, value] = line.match(/^(\w*): ?(.*)$/) ?? [];
    if (field === 'event') {
      event.name = value;
    } else if (field === 'data') {
      event.data += value;
    }
  }
  return event;
}

/** Applies a JSON Merge Patch (RFC 7396) to an object, in place. */
export function patch(target, changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) {
      delete target[name];
    } else if (typeof value === 'object' && !Array.isArray(value)) {
      target[name] = patch(isObject(target[name]) ? target[name] : {}, value);
    } else {
      target[name] = value;
    }
  }
  return target;
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
