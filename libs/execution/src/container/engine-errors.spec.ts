import { ExecutionError } from '../execution-error';
import { engineError, isConflict, isGone, isUnchanged } from './engine-errors';

/** As dockerode makes them. */
const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode });
const socketError = (code: string) =>
  Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });

describe('engineError', () => {
  it.each(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])(
    'calls an engine that cannot be reached (%s) unavailable',
    (code) => {
      expect(engineError(socketError(code), 'a test')).toMatchObject({
        code: 'engine_unavailable',
        message: expect.stringMatching(/does not answer.*Is the Docker engine running/),
      });
    },
  );

  it.each(['EACCES', 'EPERM'])('says of %s that the socket may not be opened', (code) => {
    expect(engineError(socketError(code), 'a test')).toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('may not open the engine’s socket'),
    });
  });

  it.each([
    'No such image: cronium-executor:latest',
    'cronium-executor:latest: image not known',
    'image cronium-executor:latest not found',
  ])('knows a missing image: %s', (message) => {
    expect(engineError(answer(404, message), 'a test')).toMatchObject({
      code: 'image_missing',
      message: expect.stringContaining('npm start'),
    });
  });

  it.each([
    'mkdir /var/lib/docker/overlay2/x: no space left on device',
    'failed to create shim: write /run/x: No space left on device: unknown',
  ])('knows a full disk: %s', (message) => {
    expect(engineError(answer(500, message), 'a test')).toMatchObject({
      code: 'server_disk_full',
      message: expect.stringContaining('docker system prune'),
    });
  });

  it.each([
    'Unknown runtime specified runsc',
    'unknown or invalid runtime name: runsc',
    'default OCI runtime "runsc" not found: invalid argument',
  ])('knows a missing runtime: %s', (message) => {
    expect(engineError(answer(400, message), 'a test')).toMatchObject({
      code: 'runtime_missing',
      message: expect.stringContaining('no runtime `runsc`'),
    });
  });

  it('says of anything else what failed, and at what', () => {
    const cause = answer(500, 'OCI runtime create failed');
    const error = engineError(cause, 'starting a sandbox');
    expect(error).toMatchObject({ code: 'sandbox_failed', cause });
    expect(error.message).toBe(`The Docker engine failed at starting a sandbox: ${cause.message}`);
    expect(engineError('a word', 'a test')).toMatchObject({ code: 'sandbox_failed', cause: 'a word' });
  });

  it('leaves an error alone that has a code already', () => {
    const error = new ExecutionError('protocol_error', 'another runner');
    expect(engineError(error, 'a test')).toBe(error);
  });
});

describe('The engine’s answers', () => {
  it.each([
    [404, 'No such container: x', { gone: true, conflict: false, unchanged: false }],
    [409, 'removal of container x is already in progress', { gone: true, conflict: true, unchanged: false }],
    [409, 'The container name "/x" is already in use', { gone: false, conflict: true, unchanged: false }],
    [304, 'container already started', { gone: false, conflict: false, unchanged: true }],
    [500, 'No such container', { gone: false, conflict: false, unchanged: false }],
  ])('%i "%s" are understood', (statusCode, message, expected) => {
    const cause = answer(statusCode, message);
    expect({ gone: isGone(cause), conflict: isConflict(cause), unchanged: isUnchanged(cause) }).toEqual(
      expected,
    );
  });
});
