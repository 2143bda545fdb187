import { setTimeout as delay } from 'node:timers/promises';

import { exchange } from '../lib/exchange.mjs';

/** What is asked again after it: an access token holds 15 minutes, and a soak takes longer. */
const expired = 401;
/** What the product says of itself when its database does not answer in time: on a machine with too much to do. It asks to be asked again. */
const unavailable = 503;
const repeatMs = 1000;
const mostRepeats = 60;

/** A program that uses the API as the administrator. Only what was answered with 503 is repeated; every other answer counts. */
export class Client {
  #base;
  #credentials;
  /** @type {Promise<string> | undefined} */
  #token;
  /** Requests that had to be repeated. */
  repeats = 0;

  /** @param {string} url @param {{ email: string, password: string }} credentials */
  constructor(url, credentials) {
    this.#base = `${url}/api`;
    this.#credentials = credentials;
  }

  /** @param {string} route @returns {Promise<any>} the answer's JSON; rejects on any error status */
  get(route) {
    return this.#send('GET', route);
  }

  /** @param {string} route @param {unknown} [body] @returns {Promise<any>} */
  post(route, body = {}) {
    return this.#send('POST', route, body);
  }

  /** @param {string} route @param {unknown} body @returns {Promise<any>} */
  patch(route, body) {
    return this.#send('PATCH', route, body);
  }

  /** Whether requests can be served, as the product says. */
  async isReady() {
    const answer = await fetch(`${this.#base}/health/ready`).catch(() => undefined);
    return answer?.ok === true;
  }

  /** All of a list, page by page. @param {string} route with a query @returns {Promise<any[]>} */
  async list(route) {
    const items = [];
    let cursor = '';
    do {
      const page = await this.get(`${route}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      items.push(...page.items);
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    return items;
  }

  async #send(method, route, body) {
    const token = (this.#token ??= this.#signIn());
    const answer = await this.#exchange(method, route, body, await token);
    if (answer.status !== expired) return read(method, route, answer);
    // Of several that find it so, the first signs in again for all of them.
    if (this.#token === token) this.#token = this.#signIn();
    return read(method, route, await this.#exchange(method, route, body, await this.#token));
  }

  async #signIn() {
    const route = '/auth/login';
    const answer = await this.#exchange('POST', route, this.#credentials);
    return read('POST', route, answer).accessToken;
  }

  async #exchange(method, route, body, token) {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    };
    for (let left = mostRepeats; ; left -= 1) {
      const answer = await exchange(this.#base + route, { method, headers }, body);
      if (answer.status !== unavailable || left === 0) return answer;
      this.repeats += 1;
      await delay(repeatMs);
    }
  }
}

function read(method, route, { status, text }) {
  if (status >= 400) throw new Error(`${method} ${route}: ${status} ${text}`);
  return JSON.parse(text);
}
