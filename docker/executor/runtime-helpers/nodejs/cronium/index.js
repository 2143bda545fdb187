'use strict';

const http = require('node:http');

/** A helper call was refused; the message says why. */
class CroniumError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'CroniumError';
  }
}

function call(method, name, body) {
  return new Promise((resolve, reject) => {
    const socketPath = process.env.CRONIUM_SOCKET;
    if (!socketPath) {
      reject(new CroniumError('helpers work only in a script that Cronium runs'));
      return;
    }
    const headers =
      body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(
      { socketPath, method, path: `/v1/${name}`, headers, agent: false },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
          if (response.statusCode === 200) {
            resolve(value);
          } else {
            reject(new CroniumError(value.error));
          }
        });
      },
    );
    request.on('error', (cause) =>
      reject(new CroniumError(`the runner does not answer: ${cause.message}`, { cause })),
    );
    request.end(body);
  });
}

/** The input of this run, any JSON value; null when its trigger gave none. */
const input = () => call('GET', 'input');

/** Facts about the event and the execution. */
const event = () => call('GET', 'event');

/** Hands over the result, any JSON value. A later call replaces it. */
const output = async (value) => {
  const body = JSON.stringify(value === undefined ? null : value);
  if (body === undefined) {
    throw new CroniumError('the value cannot be written as JSON');
  }
  await call('POST', 'output', body);
};

module.exports = { CroniumError, event, input, output };
