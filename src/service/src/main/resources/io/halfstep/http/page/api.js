import { askForToken } from './token.js';

const KEY = 'halfstep-token';

/** Sends a request. Asks for a token where the service wants one. Throws the service's message. */
export async function request(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEY);
    const headers = { 'Halfstep-Client': 'page' }; // proves that no page of another origin sends it
    if (token) {
      headers.Authorization = `Bearer ${token}`;
    }
    const response = await fetched(path, { ...options, headers });
    if (response.ok) {
      return response;
    }
    if (response.status !== 401) {
      throw new Error(await message(response));
    }
    if (token === sessionStorage.getItem(KEY)) {
      sessionStorage.setItem(KEY, await askForToken(token !== null));
    }
  }
}

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch (failure) {
    throw failure.name === 'AbortError' ? failure : new Error('The service does not answer.');
  }
}

async function message(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text || `The service answers with status ${response.status}.`;
  }
}

export async function getJson(path) {
  return (await request(path)).json();
}

/** The path of a job, or of something of it. */
export function jobPath(id, ...parts) {
  return ['/jobs', id, ...parts].map((part, i) => (i ? encodeURIComponent(part) : part)).join('/');
}

/** Downloads a file. A link would not send the token. */
export async function download(path, name) {
  const url = URL.createObjectURL(await (await request(path)).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it meanwhile
}
