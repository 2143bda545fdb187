import { setTimeout as delay } from 'node:timers/promises';

const mostDefects = 20;

/** A program that uses the API of several replicas, and repeats what did not get an answer. */
export class Client {
  #replicas;
  #password;
  #token = '';
  #turn = 0;
  /** Answers that blame the product itself, whatever was killed. @type {string[]} */
  defects = [];

  /** @param {readonly import('./replica.mjs').Replica[]} replicas @param {string} password of the administrator */
  constructor(replicas, password) {
    this.#replicas = replicas;
    this.#password = password;
  }

  /**
   * Sends until a replica takes it. Only for what may arrive twice.
   * @param {string} method @param {string} route @param {unknown} [body] @returns {Promise<any>}
   */
  async send(method, route, body) {
    for (;;) {
      this.#turn = (this.#turn + 1) % this.#replicas.length;
      const answer = await this.#try(this.#replicas[this.#turn].url, method, route, body);
      if (answer) return answer;
      await delay(100);
    }
  }

  async #try(
    /** @type {string} */ base,
    /** @type {string} */ method,
    /** @type {string} */ route,
    /** @type {unknown} */ body,
  ) {
    try {
      const answer = await fetch(base + route, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(15_000),
      });
      if (answer.status === 401 && route !== '/auth/login') {
        await this.#signIn(base);
        return undefined;
      }
      if (answer.status === 500) this.#note(`${method} ${route}: ${await answer.text()}`);
      if (answer.status >= 500) return undefined;
      const json = await answer.json();
      if (!answer.ok) throw new Refusal(`${method} ${route}: ${answer.status} ${json.detail}`);
      return json;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return undefined;
    }
  }

  #note(/** @type {string} */ defect) {
    this.defects.push(defect);
    if (this.defects.length > mostDefects)
      throw new Refusal(`Too many answers of status 500; the last: ${defect}`);
  }

  async #signIn(/** @type {string} */ base) {
    const credentials = { email: 'admin@cronium.local', password: this.#password };
    this.#token = (await this.#try(base, 'POST', '/auth/login', credentials))?.accessToken ?? this.#token;
  }
}

/** An answer that another try would only get again. */
class Refusal extends Error {}
